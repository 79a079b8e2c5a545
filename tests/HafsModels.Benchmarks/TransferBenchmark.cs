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

    private sealed record Result(string Name, long Bytes, int Files, IReadOnlyList<double> OursSeconds, IReadOnlyList<double> ScpSeconds, double Ratio);

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

        List<double> ours = [], scp = [];
        for (int i = 0; i <= options.Number("--repetitions", 5); i++)
        {
            double our = Seconds(here + "/ours", () => workbench.ReceiveAsync(new TransferRequest { ModelId = "model", Host = "rig:" + far, Destination = here + "/ours" }, null, default).GetAwaiter().GetResult());
            double their = Seconds(here + "/scp", () => Scp(config, far, here + "/scp"));

            // The first is for warming up.
            if (i == 0)
                continue;
            ours.Add(our);
            scp.Add(their);
            Console.WriteLine($"ours {our,6:F2} s {bytes / our / 1e6,6:F0} MB/s    scp -r {their,6:F2} s {bytes / their / 1e6,6:F0} MB/s    x {their / our:F2}");
        }

        double ratio = Median(scp) / Median(ours);
        Console.WriteLine($"{ProcessorTime.ProcessorName()}, {Environment.ProcessorCount} cores; {files} files of {bytes / 1e9:F2} GB: x {ratio:F2} of scp -r (medians); ours flushes to the disk, and has hashed all bytes on both sides");
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

    private static double Seconds(string folder, Action action)
    {
        long start = Stopwatch.GetTimestamp();
        action();
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        Directory.Delete(folder, recursive: true);
        return seconds;
    }

    private static void Scp(string config, string from, string to)
    {
        using Process scp = Process.Start("scp", ["-q", "-r", "-F", config, "rig:" + from, to]);
        scp.WaitForExit();
        if (scp.ExitCode != 0)
            throw new InvalidOperationException($"scp ended with {scp.ExitCode}");
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
