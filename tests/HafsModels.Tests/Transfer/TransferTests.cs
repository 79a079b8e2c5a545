using System.Runtime.Versioning;
using System.Security.Cryptography;
using HafsModels.Registry;
using HafsModels.Transfer;
using HafsModels.Transfer.Remote;
using Xunit;

namespace HafsModels.Tests.Transfer;

/// <summary>Transfers through a real sshd.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class TransferTests(LoopbackSshd sshd) : IClassFixture<LoopbackSshd>
{
    private static readonly string[] OddNames = ["config.json", "a b/it's \"here\" $HOME.bin", "ünïcode/模型-😀.bin", "-n", "empty", "two\nlines", "back\\slash", "%s;`x`", "*"];

    [SkippableFact]
    public async Task A_folder_with_odd_names_goes_there_and_back_unharmed()
    {
        _ = Peers.Sshd;
        string work = sshd.NewFolder(), model = MakeModel(Path.Combine(work, "my 'model'"), 300_000);
        await Copy(new LocalFiles(), LoopbackSshd.Files("rig")).RunAsync(model, work + "/sent/to \"there\"", "", default);
        Assert.Equal(Hashes(model), Hashes(work + "/sent/to \"there\""));
        (int files, long bytes, long kept) = await Copy(LoopbackSshd.Files("rig"), new LocalFiles()).RunAsync(work + "/sent/to \"there\"", work + "/back", "", default);
        Assert.Equal(Hashes(model), Hashes(work + "/back"));
        Assert.Equal((OddNames.Length, 0), (files, kept));
        Assert.Equal(new DirectoryInfo(model).EnumerateFiles("*", SearchOption.AllDirectories).Sum(f => f.Length), bytes);
        Assert.False(Directory.Exists(work + "/back.partial"));
    }

    [SkippableTheory]
    [InlineData(true, 1)]
    [InlineData(true, 2)]
    [InlineData(true, 3)]
    [InlineData(false, 4)]
    [InlineData(false, 5)]
    [InlineData(false, 6)]
    public async Task A_transfer_that_is_killed_goes_on_where_it_broke_off(bool receives, int seed)
    {
        _ = Peers.Sshd;
        string work = sshd.NewFolder(), model = Path.Combine(work, "model");
        Directory.CreateDirectory(model);
        byte[] data = new byte[40_000_000];
        new Random(seed).NextBytes(data);
        File.WriteAllBytes(Path.Combine(model, "weights.bin"), data);
        File.WriteAllText(Path.Combine(model, "config.json"), "{}");
        IModelFiles here = new LocalFiles(), there = LoopbackSshd.Files("rig");
        IModelFiles from = receives ? there : here, to = receives ? here : there;
        using (var stop = new CancellationTokenSource())
        {
            long limit = new Random(seed).NextInt64(3_000_000, 30_000_000);
            var copy = new FolderCopy(from, to, LoopbackSshd.Preferences, new Watch(p => { if (p.CompletedBytes > limit) stop.Cancel(); }));
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => copy.RunAsync(model, work + "/copy", "", stop.Token));
        }

        Assert.False(Directory.Exists(work + "/copy"));
        // The server's end of a killed connection may still be writing what had arrived.
        long partial = 0;
        for (long now; (now = Size(work + "/copy.partial/weights.bin")) != partial || now == 0; partial = now)
            await Task.Delay(300);
        Assert.InRange(partial, 1, data.Length - 1);
        (_, _, long kept) = await Copy(from, to).RunAsync(model, work + "/copy", "", default);
        Assert.InRange(kept, partial, partial + 2);
        Assert.Equal(Hashes(model), Hashes(work + "/copy"));
    }

    [SkippableFact]
    public async Task A_part_of_other_contents_is_found_out_and_written_anew()
    {
        _ = Peers.Sshd;
        string work = sshd.NewFolder(), model = MakeModel(Path.Combine(work, "model"), 100_000);
        Directory.CreateDirectory(work + "/copy.partial");
        File.WriteAllBytes(work + "/copy.partial/config.json", new byte[50_000]);
        (_, _, long kept) = await Copy(LoopbackSshd.Files("rig"), new LocalFiles()).RunAsync(model, work + "/copy", "", default);
        Assert.Equal(0, kept);
        Assert.Equal(Hashes(model), Hashes(work + "/copy"));
    }

    [SkippableTheory]
    [InlineData("other", ErrorKind.PermissionDenied, "HostKeyChanged")]
    [InlineData("new", ErrorKind.PermissionDenied, "HostKeyUnknown")]
    [InlineData("refused", ErrorKind.PermissionDenied, "SshRefused")]
    public async Task A_machine_that_is_not_who_it_was_or_does_not_know_us_is_refused(string host, ErrorKind kind, string id)
    {
        _ = Peers.Sshd;
        string work = sshd.NewFolder(), model = MakeModel(Path.Combine(work, "model"), 10);
        foreach (FolderCopy copy in new[] { Copy(LoopbackSshd.Files(host), new LocalFiles()), Copy(new LocalFiles(), LoopbackSshd.Files(host)) })
        {
            var error = await Assert.ThrowsAsync<HafsException>(() => copy.RunAsync(model, work + "/copy", "", default));
            Assert.Equal((kind, id), (error.Kind, error.Id));
            Assert.Contains(host, error.Message);
            Assert.NotNull(error.Hint);
        }

        Assert.Equal(["model"], Directory.GetFileSystemEntries(work).Select(Path.GetFileName));
    }

    [SkippableFact]
    public async Task A_wrong_path_no_permission_and_a_full_disk_are_told_apart()
    {
        _ = Peers.Sshd;
        string work = sshd.NewFolder(), model = MakeModel(Path.Combine(work, "model"), 100_000), secret = MakeModel(Path.Combine(work, "secret"), 10);
        File.SetUnixFileMode(secret, UnixFileMode.None);
        try
        {
            await Fails(LoopbackSshd.Files("rig"), new LocalFiles(), work + "/nothing", work + "/copy", "TransferSourceNotFound");
            await Fails(LoopbackSshd.Files("limited"), new LocalFiles(), secret, work + "/copy", "RemotePermissionDenied");
            await Fails(new LocalFiles(), LoopbackSshd.Files("limited"), model, "/usr/hafsmodels/copy", "RemotePermissionDenied");
            await Fails(new LocalFiles(), LoopbackSshd.Files("rig"), model, model, "TransferTargetExists");
            Directory.CreateDirectory(work + "/full.partial");
            File.CreateSymbolicLink(work + "/full.partial/config.json", "/dev/full");
            await Fails(new LocalFiles(), LoopbackSshd.Files("rig"), model, work + "/full", "RemoteDiskFull");
            Assert.False(Directory.Exists(work + "/full"));
        }
        finally
        {
            File.SetUnixFileMode(secret, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    [SkippableFact]
    public async Task The_registry_tells_where_the_copies_are_and_learns_nothing_from_a_failure()
    {
        _ = Peers.Sshd;
        string work = sshd.NewFolder(), model = MakeModel(Path.Combine(work, "there", "kjv"), 1000), registry = Path.Combine(work, "registry.json");
        var workbench = new Workbench(registry);
        workbench.Registry.Add(new Model { Id = "kjv", Path = @"D:\models\kjv", PrimaryLocation = "windows", Locations = new Dictionary<string, string> { ["windows"] = @"D:\models\kjv" } }, force: false, default);
        byte[] before = File.ReadAllBytes(registry);
        await Assert.ThrowsAsync<HafsException>(() => workbench.ReceiveAsync(new TransferRequest { ModelId = "kjv", Host = "rig:" + work + "/wrong", Destination = work + "/here" }, null, default));
        Assert.Equal(before, File.ReadAllBytes(registry));

        TransferResult received = await workbench.ReceiveAsync(new TransferRequest { ModelId = "kjv", Host = "rig:" + model, Destination = work + "/here", Location = "laptop" }, null, default);
        TransferResult sent = await workbench.SendAsync(new TransferRequest { ModelId = "kjv", Host = "rig:" + work + "/far/kjv" }, null, default);
        Assert.Equal(("ssh", "ssh", OddNames.Length), (received.Method, sent.Method, sent.Files));
        Model recorded = workbench.Get("kjv");
        Assert.Equal(work + "/here", recorded.Path);
        Assert.Equal(new Dictionary<string, string> { ["windows"] = @"D:\models\kjv", ["laptop"] = work + "/here", ["rig"] = work + "/far/kjv" }, recorded.Locations);
        Assert.Equal(Hashes(model), Hashes(work + "/far/kjv"));
    }

    [SkippableFact]
    public async Task The_command_line_pulls_and_pushes()
    {
        _ = Peers.Sshd;
        using var hafs = new Hafs.HafsProcess();
        string far = sshd.NewFolder(), model = hafs.CopyModel("kjv-llama");
        await Succeeds("models", "register", model);
        Assert.Contains("by ssh, recorded as 'rig'", await Succeeds("models", "push", "kjv-llama", "-d", $"rig:{far}/kjv", "--dry-run"));
        Assert.False(Directory.Exists(far + "/kjv"));
        await Succeeds("models", "push", "kjv-llama", "-d", $"rig:{far}/kjv");
        Assert.Contains("\"resumed_bytes\": 0", await Succeeds("models", "pull", "kjv-llama", "-s", "rig", "-d", far + "/back", "--json"));
        Assert.Equal(Hashes(model), Hashes(far + "/back"));
        (int exitCode, _, string error) = await hafs.RunAsync("models", "pull", "kjv-llama", "-s", "other", "-d", far + "/more");
        Assert.Equal((true, true), (exitCode != 0, error.Contains("host key", StringComparison.Ordinal)));

        async Task<string> Succeeds(params string[] arguments)
        {
            (int code, string output, string complaints) = await hafs.RunAsync(arguments);
            Assert.True(code == 0, complaints);
            return output;
        }
    }

    private static FolderCopy Copy(IModelFiles from, IModelFiles to) => new(from, to, LoopbackSshd.Preferences, null);

    private static async Task Fails(IModelFiles from, IModelFiles to, string source, string target, string id)
    {
        var error = await Assert.ThrowsAsync<HafsException>(() => Copy(from, to).RunAsync(source, target, "", default));
        Assert.True(id == error.Id, $"{id} was expected, and it is {error.Id}: {error.Message}");
    }

    private static string MakeModel(string folder, int bytes)
    {
        var random = new Random(bytes);
        foreach (string name in OddNames)
        {
            string file = Path.Combine(folder, name);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            byte[] data = new byte[name == "empty" ? 0 : name == "config.json" ? bytes : random.Next(bytes)];
            random.NextBytes(data);
            File.WriteAllBytes(file, data);
        }

        return folder;
    }

    private static long Size(string file) => File.Exists(file) ? new FileInfo(file).Length : 0;

    private static List<(string, string)> Hashes(string folder) =>
        [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(f => (Path.GetRelativePath(folder, f), Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(f)))))];

    private sealed class Watch(Action<WorkProgress> action) : IProgress<WorkProgress>
    {
        public void Report(WorkProgress value) => action(value);
    }
}
