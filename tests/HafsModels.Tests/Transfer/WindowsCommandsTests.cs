using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using HafsModels.Transfer.Remote;
using Xunit;

namespace HafsModels.Tests.Transfer;

/// <summary>The scripts for Windows hosts, run by a real PowerShell on this machine's files.</summary>
public sealed class WindowsCommandsTests : IDisposable
{
    private static readonly RemoteCommands Commands = RemoteCommands.Windows;
    private readonly string folder = Directory.CreateTempSubdirectory("hafsmodels-windows-").FullName;

    [SkippableFact]
    public void The_scripts_list_read_write_hash_and_move()
    {
        string file = Path.Combine(folder, "it's $x", "模型 [1].bin");
        byte[] data = RandomNumberGenerator.GetBytes(100_000);
        string hash = Convert.ToHexStringLower(SHA256.HashData(data));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(data[..60_000])), Encoding.UTF8.GetString(Run(Commands.Write(file, 0), data[..60_000])));
        Assert.Equal(hash, Encoding.UTF8.GetString(Run(Commands.Write(file, 60_000), data[60_000..])));
        Assert.Equal(data, File.ReadAllBytes(file));
        byte[] trailer = Encoding.UTF8.GetBytes(hash);
        Assert.Equal([.. data[1234..], .. trailer, .. data, .. trailer, .. trailer], Run(Commands.Read([new(file, 1234, data.Length), new(file, 0, data.Length), new(file, data.Length, data.Length)])));
        Assert.Equal(hash, Text(Commands.Hash(file)));
        Assert.Equal("100000 it's $x/模型 [1].bin\0", Text(Commands.List(folder)));
        Assert.Equal("100000 \0", Text(Commands.List(file)));
        Run(Commands.Move(Path.Combine(folder, "it's $x"), Path.Combine(folder, "moved")));
        Assert.Equal("100000 模型 [1].bin\0", Text(Commands.List(Path.Combine(folder, "moved"))));
        Assert.Equal(long.Parse(Text(Commands.Free(folder)), CultureInfo.InvariantCulture) * 1024.0, new DriveInfo(Path.GetPathRoot(folder)!).AvailableFreeSpace, 1e9);
        Assert.EndsWith("models" + Path.DirectorySeparatorChar + "kjv", Text(Commands.Resolve("models/kjv")));
    }

    [SkippableFact]
    public void What_fails_says_why_and_exits_with_its_code()
    {
        var (exitCode, _, _) = Start(Commands.List(Path.Combine(folder, "nothing")), []);
        Assert.Equal(RemoteCommands.NothingThere, exitCode);
        (exitCode, _, string complaints) = Start(Commands.Read([new(Path.Combine(folder, "nothing"), 0, 0)]), []);
        Assert.Equal(1, exitCode);
        Assert.Equal("RemotePathNotFound", SshError.Create("rig", "nothing", exitCode, complaints).Id);
        (exitCode, _, complaints) = Start(Commands.Write(Path.Combine(folder, "short"), 10), [1, 2]);
        Assert.Equal((1, true), (exitCode, complaints.Contains("has changed", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_command_line_fits_into_what_cmd_takes_and_has_nothing_to_quote_in_any_shell()
    {
        string path = "C:\\" + string.Concat(Enumerable.Repeat("folder name\\", 20)) + "x";
        Assert.All(
            new[] { Commands.List(path), Commands.Read([new(path, long.MaxValue, long.MaxValue)]), Commands.Write(path, long.MaxValue), Commands.Hash(path), Commands.Move(path, path + "y"), Commands.Resolve(path), Commands.Free(path), Commands.Wait },
            command =>
            {
                Assert.InRange(command.Length, 1, Commands.LongestCommand);
                Assert.Matches("^powershell -NoProfile -NonInteractive -EncodedCommand [A-Za-z0-9+/=]+$", command);
            });
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static string Text(string command) => Encoding.UTF8.GetString(Run(command));

    private static byte[] Run(string command, params byte[] input)
    {
        var (exitCode, output, complaints) = Start(command, input);
        Assert.True(exitCode == 0, complaints);
        return output;
    }

    private static (int ExitCode, byte[] Output, string Complaints) Start(string command, byte[] input)
    {
        string? pwsh = PowerShellProgram.Path;
        Skip.If(pwsh is null, "No pwsh on the PATH.");
        string[] words = command.Split(' ');
        Assert.Equal("powershell", words[0]);
        using Process process = Process.Start(new ProcessStartInfo(pwsh, words[1..]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> complaints = process.StandardError.ReadToEndAsync();
        process.StandardInput.BaseStream.Write(input);
        process.StandardInput.Close();
        using var output = new MemoryStream();
        process.StandardOutput.BaseStream.CopyTo(output);
        process.WaitForExit();
        return (process.ExitCode, output.ToArray(), complaints.GetAwaiter().GetResult());
    }
}
