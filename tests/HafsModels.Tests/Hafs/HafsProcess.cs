using System.Diagnostics;

namespace HafsModels.Tests.Hafs;

/// <summary>Runs the real <c>hafs</c> as a process, on a registry of its own.</summary>
internal sealed class HafsProcess : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    /// <summary>A folder for this test alone; spaces and letters beyond ASCII are part of the test.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("hafs tëst ").FullName;

    public string Registry => Path.Combine(Folder, "registry.json");

    public async Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using Process process = Start(arguments);
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(Limit);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"hafs {string.Join(' ', arguments)} did not end within {Limit}");
        }

        return (process.ExitCode, await output, await error);
    }

    public Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, WorkingDirectory = Repository.Root };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "hafs.dll"));
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        start.Environment["HAFS_REGISTRY"] = Registry;
        Process process = Process.Start(start)!;
        process.StandardInput.Close();
        return process;
    }

    /// <summary>A copy of a trained model, so that outputs do not land in the repository.</summary>
    public string CopyModel(string name)
    {
        string target = Path.Combine(Folder, name);
        Directory.CreateDirectory(target);
        foreach (string file in Directory.GetFiles(Repository.PathOf("tests", "models", name)))
            File.Copy(file, Path.Combine(target, Path.GetFileName(file)));
        return target;
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
