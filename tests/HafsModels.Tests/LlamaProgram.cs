using System.Diagnostics;

namespace HafsModels.Tests;

/// <summary>Runs the programs of llama.cpp.</summary>
internal static class LlamaProgram
{
    /// <summary>Runs one to its end; both its streams.</summary>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    public static string Run(string name, params IEnumerable<string> arguments) => RunIn(Environment.CurrentDirectory, name, arguments);

    /// <summary>Runs one in a folder.</summary>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    public static string RunIn(string folder, string name, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(Path.Combine(Peers.LlamaBin, name)) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder };
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string text = process.StandardOutput.ReadToEnd() + errors.GetAwaiter().GetResult();
        process.WaitForExit();
        return process.ExitCode == 0 ? text : throw new InvalidOperationException($"{name} exited with {process.ExitCode}: {text}");
    }
}
