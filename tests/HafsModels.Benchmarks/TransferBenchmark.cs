using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using HafsModels.Registry;
using HafsModels.Tests.Transfer;
using HafsModels.Transfer;

namespace HafsModels.Benchmarks;

/// <summary>A folder pulled from a real sshd on loopback: ours, and <c>scp -r</c> with the same configuration, in turn.</summary>
internal static class TransferBenchmark
{
    private static readonly JsonSerializerOptions JsonOptions = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private sealed record Pull(double Seconds, double ProcessorSeconds);

    private sealed record Result(string Name, long Bytes, int Files, IReadOnlyList<Pull> Ours, IReadOnlyList<Pull> Scp, double Ratio);

    public static int Run(string[] arguments)
    {
        Arguments options = new(arguments);
        if (Environment.GetEnvironmentVariable("HAFS_SSHD") is null)
            throw new InvalidOperationException("HAFS_SSHD must name OpenSSH's server");
        if (OperatingSystem.IsWindows())
            throw new PlatformNotSupportedException("the server is started as on Linux");
        double gigabytes = double.Parse(options["--gigabytes"] ?? "1", CultureInfo.InvariantCulture);
        using var sshd = new LoopbackSshd();
        string far = Path.Combine(sshd.NewFolder(), "model"), here = sshd.NewFolder();
        int files = Write(far, (long)(gigabytes * (1 << 30)));
        long bytes = new DirectoryInfo(far).EnumerateFiles().Sum(f => f.Length);
        var workbench = new Workbench(Path.Combine(here, "registry.json"));
        workbench.Registry.Add(new Model { Id = "model", Path = "/nowhere", PrimaryLocation = "rig" }, force: false, default);
        string config = Environment.GetEnvironmentVariable("HAFS_SSH_CONFIG")!;

        List<Pull> ours = [], scp = [];
        for (int i = 0; i <= options.Number("--repetitions", 5); i++)
        {
            Pull our = Measure(sshd.ProcessId, here + "/ours", () => workbench.ReceiveAsync(new TransferRequest { ModelId = "model", Host = "rig:" + far, Destination = here + "/ours" }, null, default).GetAwaiter().GetResult());
            Pull their = Measure(sshd.ProcessId, here + "/scp", () => Scp(config, far, here + "/scp"));

            // The first is for warming up.
            if (i == 0)
                continue;
            ours.Add(our);
            scp.Add(their);
            Console.WriteLine($"ours {Format(our, bytes)}    scp -r {Format(their, bytes)}    x {their.Seconds / our.Seconds:F2}");
        }

        double ratio = Median(scp, p => p.Seconds) / Median(ours, p => p.Seconds);
        Console.WriteLine($"{ProcessorTime.ProcessorName()}, {Environment.ProcessorCount} cores; {files} files of {bytes / 1e9:F2} GB: x {ratio:F2} of scp -r, with x {Median(ours, p => p.ProcessorSeconds) / Median(scp, p => p.ProcessorSeconds):F2} of its processor time (medians); ours flushes to the disk, and has hashed all bytes on both sides");
        if (options["--json"] is string file)
            File.WriteAllText(file, JsonSerializer.Serialize(new Result("pull", bytes, files, ours, scp, ratio), JsonOptions));
        return ratio >= 0.9 ? 0 : 1;
    }

    // Three large files and a dozen small ones, as checkpoints have.
    private static int Write(string folder, long bytes)
    {
        Directory.CreateDirectory(folder);
        var random = new Random(1611);
        byte[] piece = new byte[1 << 20];
        long[] sizes = [.. Enumerable.Repeat(bytes / 3, 3), 11_000_000, 3_000_000, 1_000_000, .. Enumerable.Range(1, 9).Select(i => i * 700L)];
        for (int i = 0; i < sizes.Length; i++)
        {
            using FileStream file = File.Create(Path.Combine(folder, $"file-{i:00}.bin"));
            for (long left = sizes[i]; left > 0; left -= piece.Length)
            {
                random.NextBytes(piece);
                file.Write(piece.AsSpan(0, (int)Math.Min(left, piece.Length)));
            }
        }

        return sizes.Length;
    }

    // Processor time of both ends.
    private static Pull Measure(int server, string folder, Action action)
    {
        double Used() => ProcessorTime.OfThisProcess() + ProcessorTime.OfChildren() + ProcessorTime.Of(server);
        double before = Used();
        long start = Stopwatch.GetTimestamp();
        action();
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;

        // The server's part of a connection ends a little later.
        Thread.Sleep(200);
        Pull result = new(seconds, Used() - before);
        Directory.Delete(folder, recursive: true);
        return result;
    }

    private static string Format(Pull pull, long bytes) => $"{pull.Seconds,6:F2} s {bytes / pull.Seconds / 1e6,6:F0} MB/s ({pull.ProcessorSeconds,5:F2} s of processor time)";

    private static void Scp(string config, string from, string to)
    {
        using Process scp = Process.Start("scp", ["-q", "-r", "-F", config, "rig:" + from, to]);
        scp.WaitForExit();
        if (scp.ExitCode != 0)
            throw new InvalidOperationException($"scp ended with {scp.ExitCode}");
    }

    private static double Median(List<Pull> pulls, Func<Pull, double> value) => pulls.Select(value).Order().ElementAt(pulls.Count / 2);
}
