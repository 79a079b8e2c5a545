using System.Diagnostics;
using System.Globalization;

namespace HafsModels.Benchmarks;

/// <summary>What a program took, as the kernel counted it while it ran.</summary>
/// <param name="WallSeconds">From start to exit.</param>
/// <param name="CpuSeconds">Processor time of all threads, to about a fiftieth of a second.</param>
/// <param name="PeakBytes">Largest resident memory.</param>
internal sealed record MeasuredProcess(double WallSeconds, double CpuSeconds, long PeakBytes)
{
    private const double TicksPerSecond = 100;

    /// <summary>Runs a program to its end; its output is thrown away unless it fails.</summary>
    public static MeasuredProcess Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        long began = Stopwatch.GetTimestamp();
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), errors = process.StandardError.ReadToEndAsync();
        double cpu = 0;
        long peak = 0;
        while (!process.WaitForExit(20))
        {
            string[] status = TryRead($"/proc/{process.Id}/status"), stat = TryRead($"/proc/{process.Id}/stat");
            if (status.FirstOrDefault(l => l.StartsWith("VmHWM:", StringComparison.Ordinal)) is { } line)
                peak = long.Parse(line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
            if (stat is [{ } text, ..] && text[(text.LastIndexOf(')') + 2)..].Split(' ') is { Length: > 12 } fields)
                cpu = Math.Max(cpu, (long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)) / TicksPerSecond);
        }

        double wall = Stopwatch.GetElapsedTime(began).TotalSeconds;
        string said = output.GetAwaiter().GetResult() + errors.GetAwaiter().GetResult();
        return process.ExitCode == 0 ? new(wall, cpu, peak) : throw new InvalidOperationException($"{program} exited with {process.ExitCode}: {said}");
    }

    /// <summary>The run in the middle, by wall time.</summary>
    public static MeasuredProcess Median(IReadOnlyCollection<MeasuredProcess> runs) => runs.OrderBy(r => r.WallSeconds).ElementAt(runs.Count / 2);

    private static string[] TryRead(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (IOException)
        {
            return [];
        }
    }
}
