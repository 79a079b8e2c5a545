using System.Diagnostics;
using HafsModels.Architectures;
using HafsModels.Exports;
using HafsModels.Registry;
using HafsModels.Tests.Tokenizers;
using Xunit;

namespace HafsModels.Tests.Exports;

/// <summary>What goes wrong leaves no half of an export and no record.</summary>
public class ExportFailureTests
{
    [Fact]
    public void A_disk_without_room_is_told_before_anything_is_written()
    {
        using var scratch = new ScratchFolder();
        using ExportJob job = ExportJob.Open(ExportTests.Request("kjv-llama", scratch), new ModelSource(Repository.PathOf("tests", "models", "kjv-llama")));
        long needed = job.Parts.Sum(p => p.SizeBytes);

        HafsException error = Assert.Throws<HafsException>(() => new ExportRun(job, null, CancellationToken.None) { FreeBytes = _ => needed - 1 }.Execute());

        Assert.Equal((ErrorKind.ResourceExhausted, "DiskFull"), (error.Kind, error.Id));
        Assert.Contains($"{needed:N0} bytes would be written, and {needed - 1:N0} are free", error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(job.Root));
    }

    [SkippableTheory]
    [InlineData("size=2m", "DiskFull", ErrorKind.ResourceExhausted)]
    [InlineData("size=20m,ro", "OutputNotWritable", ErrorKind.PermissionDenied)]
    public void A_real_disk_that_is_full_or_read_only_is_a_clear_error(string options, string id, ErrorKind kind)
    {
        using var scratch = new ScratchFolder();
        using var disk = new SmallDisk(options);
        var workbench = new Workbench(Path.Combine(scratch.Path, "registry.json"));
        workbench.Register(new RegisterRequest { Path = Repository.PathOf("tests", "models", "kjv-llama"), Id = "bible" }, CancellationToken.None);

        HafsException error = Assert.Throws<HafsException>(() => workbench.Export(ExportTests.Request("x", scratch) with { Path = null, ModelId = "bible", OutputPath = disk.Path }, null, CancellationToken.None));

        Assert.Equal((id, kind), (error.Id, error.Kind));
        Assert.Empty(Directory.GetFileSystemEntries(disk.Path));
        Assert.Empty(workbench.Get("bible").Artifacts);
    }

    [SkippableFact]
    public void A_disk_that_fills_up_meanwhile_leaves_nothing_behind()
    {
        using var scratch = new ScratchFolder();
        using var disk = new SmallDisk("size=4m");
        using ExportJob job = ExportJob.Open(ExportTests.Request("kjv-llama", scratch) with { OutputPath = disk.Path }, new ModelSource(Repository.PathOf("tests", "models", "kjv-llama")));

        HafsException error = Assert.Throws<HafsException>(() => new ExportRun(job, null, CancellationToken.None) { FreeBytes = _ => long.MaxValue }.Execute());

        Assert.Equal(ErrorKind.ResourceExhausted, error.Kind);
        Assert.Empty(Directory.GetFileSystemEntries(disk.Path));
    }

    [Fact]
    public void Cancelled_exports_leave_nothing_behind()
    {
        using var scratch = new ScratchFolder();
        var workbench = new Workbench(Path.Combine(scratch.Path, "registry.json"));
        using var stop = new CancellationTokenSource();

        Assert.ThrowsAny<OperationCanceledException>(() => workbench.Export(ExportTests.Request("kjv-llama", scratch), new Stopper(stop), stop.Token));

        Assert.Empty(Directory.GetFiles(scratch.Path, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public void Weights_that_are_no_numbers_leave_nothing_behind_and_the_earlier_export_as_it_was()
    {
        using var scratch = new ScratchFolder();
        string model = ExportTests.CopyModel("kjv-llama", scratch);
        var workbench = new Workbench(Path.Combine(scratch.Path, "registry.json"));
        ExportRequest request = ExportTests.Request("x", scratch) with { Path = model };
        string[] artifacts = [.. workbench.Export(request, null, CancellationToken.None).SelectMany(r => r.Artifacts)];
        byte[][] before = [.. artifacts.Select(File.ReadAllBytes)];
        using (FileStream weights = File.OpenWrite(Path.Combine(model, "model.safetensors")))
        {
            weights.Seek(-2, SeekOrigin.End);
            weights.Write([0xC0, 0x7F]);
        }

        Assert.Equal("NotFinite", Assert.Throws<HafsException>(() => workbench.Export(request, null, CancellationToken.None)).Id);

        Assert.Equal(before, artifacts.Select(File.ReadAllBytes));
        Assert.Empty(Directory.GetDirectories(scratch.Path, "*.partial", SearchOption.AllDirectories));
    }

    [Fact]
    public void An_export_that_does_not_verify_does_not_appear()
    {
        using var scratch = new ScratchFolder();
        string model = ExportTests.CopyModel("kjv-llama", scratch);

        // All weights zero: well-formed, and useless.
        string weights = Path.Combine(model, "model.safetensors");
        byte[] bytes = File.ReadAllBytes(weights);
        Array.Clear(bytes, 8 + (int)BitConverter.ToInt64(bytes), bytes.Length - 8 - (int)BitConverter.ToInt64(bytes));
        File.WriteAllBytes(weights, bytes);
        var workbench = new Workbench(Path.Combine(scratch.Path, "registry.json"));
        workbench.Register(new RegisterRequest { Path = model, Id = "empty" }, CancellationToken.None);

        ExportResult[] results = [.. workbench.Export(ExportTests.Request("x", scratch) with { Path = null, ModelId = "empty" }, null, CancellationToken.None)];

        Assert.All(results, r =>
        {
            Assert.False(r.Success);
            Assert.False(r.VerificationPassed);
            Assert.Contains("run: ", r.Message, StringComparison.Ordinal);
            Assert.Empty(r.Artifacts);
            Assert.False(Directory.Exists(r.OutputPath));
        });
        Assert.Empty(workbench.Get("empty").Artifacts);
    }

    [Fact]
    public void A_run_that_was_killed_leaves_no_export_and_no_record_and_the_next_one_goes_through()
    {
        using var scratch = new ScratchFolder();
        string model = LargeModel.Create(scratch), registry = Path.Combine(scratch.Path, "registry.json"), root = Path.Combine(scratch.Path, "out");
        new Workbench(registry).Register(new RegisterRequest { Path = model, Id = "large" }, CancellationToken.None);
        using Process hafs = Start(registry, "models", "export", "large", "gguf,ollama", "-o", root, "--skip-verification");
        string partial = Path.Combine(root, "large", "gguf.partial");
        Assert.True(SpinWait.SpinUntil(() => hafs.HasExited || (Directory.Exists(partial) && Directory.GetFiles(partial, "*.gguf.partial").Length > 0), TimeSpan.FromSeconds(60)));
        Assert.False(hafs.HasExited);

        hafs.Kill();
        hafs.WaitForExit();

        Assert.True(Directory.Exists(partial));
        Assert.False(Directory.Exists(Path.Combine(root, "large", "gguf")));
        Assert.Empty(new Workbench(registry).Get("large").Artifacts);

        // Another model under the same name: what was left behind does not stand in its way.
        new Workbench(registry).Update("large", m => m with { Path = Repository.PathOf("tests", "models", "kjv-llama") }, CancellationToken.None);
        Assert.All(new Workbench(registry).Export(ExportTests.Request("x", scratch) with { Path = null, ModelId = "large", Formats = ["Gguf", "Ollama"] }, null, CancellationToken.None), r => Assert.True(r.Success, r.Message));
        Assert.False(Directory.Exists(partial));
        Assert.Equal(2, new Workbench(registry).Get("large").Artifacts.Count);
    }

    [Fact]
    public void Two_exports_to_one_folder_do_not_mix()
    {
        using var scratch = new ScratchFolder();
        string partial = Directory.CreateDirectory(Path.Combine(scratch.Path, "out", "kjv-llama", "gguf.partial")).FullName;
        var workbench = new Workbench(Path.Combine(scratch.Path, "registry.json"));
        ExportRequest request = ExportTests.Request("kjv-llama", scratch) with { Formats = ["Gguf"] };
        using (new FileStream(Path.Combine(partial, ".lock"), FileMode.Create, FileAccess.ReadWrite, FileShare.None))
            Assert.Equal("OutputInUse", Assert.Throws<HafsException>(() => workbench.Export(request, null, CancellationToken.None)).Id);

        Assert.True(workbench.Export(request, null, CancellationToken.None)[0].Success);
    }

    private static Process Start(string registry, params string[] arguments)
    {
        string hafs = Path.Combine(AppContext.BaseDirectory, "hafs.dll");
        var start = new ProcessStartInfo("dotnet", [hafs, .. arguments, "--registry", registry]) { RedirectStandardOutput = true, RedirectStandardError = true };
        Process process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private sealed class Stopper(CancellationTokenSource stop) : IProgress<WorkProgress>
    {
        public void Report(WorkProgress value) => stop.Cancel();
    }

    /// <summary>A file system in memory, which only the administrator may mount.</summary>
    private sealed class SmallDisk : IDisposable
    {
        public SmallDisk(string options)
        {
            Skip.IfNot(OperatingSystem.IsLinux() && Environment.UserName == "root", "a small disk is mounted, which only root on Linux may");
            Path = Directory.CreateTempSubdirectory("hafs-disk-").FullName;
            if (Run("mount", "-t", "tmpfs", "-o", options, "tmpfs", Path) != 0)
            {
                Directory.Delete(Path);
                Skip.If(true, "this machine lets nobody mount a disk");
            }
        }

        public string Path { get; }

        public void Dispose()
        {
            Run("umount", Path);
            Directory.Delete(Path);
        }

        private static int Run(string program, params string[] arguments)
        {
            using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode;
        }
    }
}
