using System.Runtime.InteropServices;

namespace HafsModels.Benchmarks;

/// <summary>Processor time, as the kernel counts it.</summary>
internal static partial class ProcessorTime
{
    private const int Children = -1;

    /// <summary>Seconds this process has used.</summary>
    public static double OfThisProcess() => Environment.CpuUsage.TotalTime.TotalSeconds;

    /// <summary>Seconds that processes started by this one have used; those that have ended.</summary>
    public static double OfChildren()
    {
        // struct rusage: user and system time, in seconds and microseconds each, then fourteen counters.
        Span<long> usage = stackalloc long[18];
        if (GetResourceUsage(Children, ref MemoryMarshal.GetReference(usage)) != 0)
            throw new InvalidOperationException("getrusage failed");
        return usage[0] + usage[2] + ((usage[1] + usage[3]) / 1e6);
    }

    /// <summary>Seconds that another process has used, with those it started and that have ended.</summary>
    public static double Of(int processId)
    {
        // The second field, the program's name in brackets, may hold blanks; the fourteenth to the seventeenth are counted in hundredths.
        string text = File.ReadAllText($"/proc/{processId}/stat");
        return text[(text.LastIndexOf(')') + 2)..].Split(' ')[11..15].Sum(long.Parse) / 100.0;
    }

    /// <summary>What the processor calls itself.</summary>
    public static string ProcessorName()
        => File.Exists("/proc/cpuinfo")
            ? File.ReadLines("/proc/cpuinfo").Where(l => l.StartsWith("model name", StringComparison.Ordinal)).Select(l => l.Split(':')[1].Trim()).FirstOrDefault("unknown CPU")
            : Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") ?? "unknown CPU";

    [LibraryImport("libc", EntryPoint = "getrusage")]
    private static partial int GetResourceUsage(int who, ref long usage);
}
