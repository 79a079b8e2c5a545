using System.Diagnostics;
using System.Globalization;
using HafsModels.Transfer;
using HafsModels.Transfer.Remote;
using Xunit;

namespace HafsModels.Tests.Transfer;

/// <summary>Connections, and what machines are like at the other end.</summary>
public sealed partial class TransferTests
{
    [SkippableTheory]
    [InlineData("shared")]
    [InlineData("beyond")]
    [InlineData("chosen")]
    public async Task Shared_connections_jumps_and_ciphers_of_the_configuration_are_used(string host)
    {
        _ = Peers.Sshd;
        string work = sshd.NewFolder(), model = MakeModel(Path.Combine(work, "model"), 100_000);
        await Copy(LoopbackSshd.Files(host), new LocalFiles(), model, work + "/copy");
        Assert.Equal(Hashes(model), Hashes(work + "/copy"));
    }

    [SkippableFact]
    public async Task The_cipher_that_processors_have_instructions_for_comes_first_unless_one_is_chosen()
    {
        _ = Peers.Sshd;
        Skip.IfNot(System.Runtime.Intrinsics.X86.Aes.IsSupported || System.Runtime.Intrinsics.Arm.Aes.IsSupported, "This processor has no instructions for AES.");
        string[] options = (await Settings("rig")).Options;
        Assert.Equal("-o", options[0]);
        Assert.StartsWith("Ciphers=aes128-gcm@openssh.com,", options[1]);
        Assert.Equal(2, options.Length);
        Assert.Empty((await Settings("chosen")).Options);
        Assert.Equal((true, false), ((await Settings("chosen")).Shares, (await Settings("shared")).Shares));

        static async Task<SshClient.Settings> Settings(string host)
        {
            using var client = new SshClient(new SyncHost(host, host, null, "linux", null), LoopbackSshd.Preferences, "");
            return await client.ReadSettingsAsync(default);
        }
    }

    [SkippableFact]
    public async Task A_connection_that_broke_is_made_again_as_soon_as_it_can_be()
    {
        _ = Peers.Sshd;
        string work = sshd.NewFolder(), config = Environment.GetEnvironmentVariable(SshClient.ConfigVariable)!;
        using SshFiles rig = LoopbackSshd.Files("rig");
        Assert.NotNull(await rig.FreeBytesAsync(work, default));
        int connection = Directory.GetDirectories("/proc").Select(d => int.TryParse(Path.GetFileName(d), CultureInfo.InvariantCulture, out int id) ? id : 0)
            .Single(id => id > 0 && CommandLine(id) is { } line && line.StartsWith("ssh\0", StringComparison.Ordinal) && line.Contains($"\0{config}\0-M\0", StringComparison.Ordinal));
        using (Process process = Process.GetProcessById(connection))
        {
            process.Kill();
            await process.WaitForExitAsync();
        }

        Environment.SetEnvironmentVariable(SshClient.ConfigVariable, work + "/none");
        try
        {
            for (int i = 0; i < 2; i++)
                await Assert.ThrowsAsync<HafsException>(() => rig.FreeBytesAsync(work, default));
        }
        finally
        {
            Environment.SetEnvironmentVariable(SshClient.ConfigVariable, config);
        }

        Assert.NotNull(await rig.FreeBytesAsync(work, default));

        static string? CommandLine(int id)
        {
            try
            {
                return File.ReadAllText($"/proc/{id}/cmdline");
            }
            catch (IOException)
            {
                // It has ended meanwhile.
                return null;
            }
        }
    }

    [SkippableFact]
    public async Task A_machine_that_has_nothing_to_hash_with_is_read_twice()
    {
        _ = Peers.Sshd;
        string work = sshd.NewFolder(), model = MakeModel(Path.Combine(work, "model"), 10_000), programs = Directory.CreateDirectory(work + "/programs").FullName;
        foreach (string program in new[] { "sh", "find", "cat", "tail", "wc", "df", "sed", "mkdir", "dirname", "mv", "ls" })
            File.CreateSymbolicLink($"{programs}/{program}", Environment.GetEnvironmentVariable("PATH")!.Split(':').Select(p => $"{p}/{program}").First(File.Exists));
        sshd.AccountShell = $"env PATH={programs} sh";
        await Copy(new LocalFiles(), LoopbackSshd.Files("shelled"), model, work + "/there");
        await Copy(LoopbackSshd.Files("shelled"), new LocalFiles(), work + "/there", work + "/back");
        Assert.Equal(Hashes(model), Hashes(work + "/back"));
    }

    [SkippableTheory]
    [InlineData("dash")]
    [InlineData("bash")]
    [InlineData("zsh")]
    [InlineData("fish")]
    [InlineData("tcsh")]
    public async Task The_shell_of_the_account_does_not_matter(string shell)
    {
        _ = Peers.Sshd;
        Skip.If(!File.Exists("/bin/" + shell) && !File.Exists("/usr/bin/" + shell), $"{shell} is not installed.");
        sshd.AccountShell = shell;
        string work = sshd.NewFolder(), model = Path.Combine(work, "100% 'my' \\ $model!.gguf");
        File.WriteAllBytes(model, [1, 2, 3]);
        await Copy(new LocalFiles(), LoopbackSshd.Files("shelled"), model, work + "/it's `there`.gguf");
        await Copy(LoopbackSshd.Files("shelled"), new LocalFiles(), work + "/it's `there`.gguf", work + "/back.gguf");
        Assert.Equal([1, 2, 3], File.ReadAllBytes(work + "/back.gguf"));
    }

    // Backslashes separate nothing here, so a file alone shows the scripts for Windows through the whole way.
    [SkippableFact]
    public async Task A_file_goes_through_PowerShell_as_the_shell_of_a_Windows_host_and_is_taken_up_where_it_broke_off()
    {
        _ = Peers.Sshd;
        Skip.If(PowerShellProgram.Path is null, "No pwsh on the PATH.");
        string work = sshd.NewFolder(), file = Path.Combine(work, "it's a model.gguf");
        byte[] data = new byte[1_000_000];
        new Random(1).NextBytes(data);
        File.WriteAllBytes(file, data);
        File.WriteAllBytes(work + "/sent.gguf.partial", data[..400_000]);
        (_, _, long kept) = await Copy(new LocalFiles(), LoopbackSshd.Files("rig", platform: "windows"), file, work + "/sent.gguf");
        Assert.Equal(400_000, kept);
        await Copy(LoopbackSshd.Files("rig", platform: "windows"), new LocalFiles(), work + "/sent.gguf", work + "/back.gguf");
        Assert.Equal(data, File.ReadAllBytes(work + "/back.gguf"));
    }

    [SkippableFact]
    public async Task A_machine_that_says_nothing_is_given_up_after_the_timeout_as_often_as_the_preferences_say()
    {
        _ = Peers.Sshd;
        string work = sshd.NewFolder();
        var preferences = new SyncPreferences(null, TimeSpan.FromSeconds(1), RetryOnFailure: true, MaxRetries: 1);
        using SshFiles silent = LoopbackSshd.Files("silent", preferences);
        using var here = new LocalFiles();
        var error = await Assert.ThrowsAsync<HafsException>(() => new FolderCopy(silent, here, preferences, null).RunAsync(work, work + "/copy", "", default));
        Assert.Equal((ErrorKind.Unavailable, "HostUnreachable"), (error.Kind, error.Id));
        Assert.Equal(2, sshd.TakeSilentConnections());
    }

    [SkippableTheory]
    [InlineData("other", ErrorKind.PermissionDenied, "HostKeyChanged")]
    [InlineData("new", ErrorKind.PermissionDenied, "HostKeyUnknown")]
    [InlineData("refused", ErrorKind.PermissionDenied, "SshRefused")]
    public async Task A_machine_that_is_not_who_it_was_or_does_not_know_us_is_refused(string host, ErrorKind kind, string id)
    {
        _ = Peers.Sshd;
        string work = sshd.NewFolder(), model = MakeModel(Path.Combine(work, "model"), 10);
        foreach ((IModelFiles from, IModelFiles to) in new (IModelFiles, IModelFiles)[] { (LoopbackSshd.Files(host), new LocalFiles()), (new LocalFiles(), LoopbackSshd.Files(host)) })
        {
            var error = await Assert.ThrowsAsync<HafsException>(() => Copy(from, to, model, work + "/copy"));
            Assert.Equal((kind, id), (error.Kind, error.Id));
            Assert.Contains(host, error.Message);
            Assert.NotNull(error.Hint);
        }

        Assert.Equal(["model"], Directory.GetFileSystemEntries(work).Select(Path.GetFileName));
    }
}
