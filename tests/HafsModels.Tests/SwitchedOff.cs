using System.Diagnostics;
using Xunit;

namespace HafsModels.Tests;

/// <summary>This assembly in a process of its own in which the runtime does without some instructions.</summary>
internal static class SwitchedOff
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>Runs one of the assembly's commands to its end, which must be a good one.</summary>
    /// <param name="variable">The runtime's switch; set to 0.</param>
    /// <param name="command">The command.</param>
    /// <returns>What it wrote.</returns>
    public static async Task<string> Run(string variable, string command)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", ["exec", typeof(SwitchedOff).Assembly.Location, command]) { RedirectStandardOutput = true };
        start.Environment[variable] = "0";
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        using CancellationTokenSource limit = new(Limit);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            Assert.Fail($"{variable}=0: not done after {Limit}");
        }

        string said = (await output).Trim();
        Assert.True(process.ExitCode == 0, $"{variable}=0: exit code {process.ExitCode}: {said}");
        return said;
    }
}
