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

    /// <summary>Runs one in a folder until it printed a text: llama.cpp prints from a thread, which the end of the program may cut short.</summary>
    /// <exception cref="InvalidOperationException">It failed, or printed the text in none of twenty runs.</exception>
    public static string RunUntil(string text, string folder, string name, params IReadOnlyList<string> arguments)
    {
        string printed = "";
        for (int run = 0; run < 20; run++)
        {
            printed = RunIn(folder, name, arguments);
            if (printed.Contains(text, StringComparison.Ordinal))
                return printed;
        }

        throw new InvalidOperationException($"{name} did not print '{text}': {printed}");
    }
}
