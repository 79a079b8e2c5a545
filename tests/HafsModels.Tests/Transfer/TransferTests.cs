using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text.Json;
using HafsModels.Registry;
using HafsModels.Transfer;
using HafsModels.Transfer.Remote;
using Xunit;

namespace HafsModels.Tests.Transfer;

/// <summary>Transfers through a real sshd.</summary>
[UnsupportedOSPlatform("windows")]
public sealed partial class TransferTests(LoopbackSshd sshd) : IClassFixture<LoopbackSshd>
{
    private static readonly string[] OddNames = ["config.json", "a b/it's \"here\" $HOME.bin", "ünïcode/模型-😀.bin", "-n", "empty", "two\nlines", "back\\slash", "%s;`x`", "*"];

    [SkippableFact]
    public async Task A_folder_with_odd_names_goes_there_and_back_unharmed()
    {
        _ = Peers.Sshd;
        string work = sshd.NewFolder(), model = MakeModel(Path.Combine(work, "my 'model'"), 300_000);
        await Copy(new LocalFiles(), LoopbackSshd.Files("rig"), model, work + "/sent/to \"there\"");
        Assert.Equal(Hashes(model), Hashes(work + "/sent/to \"there\""));
        (int files, long bytes, long kept) = await Copy(LoopbackSshd.Files("rig"), new LocalFiles(), work + "/sent/to \"there\"", work + "/back");
        Assert.Equal(Hashes(model), Hashes(work + "/back"));
        Assert.Equal((OddNames.Length, 0), (files, kept));
        Assert.Equal(new DirectoryInfo(model).EnumerateFiles("*", SearchOption.AllDirectories).Sum(f => f.Length), bytes);
        Assert.False(Directory.Exists(work + "/back.partial"));
    }

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_transfer_that_is_cancelled_goes_on_where_it_broke_off(bool receives)
    {
        _ = Peers.Sshd;
        string work = sshd.NewFolder(), model = MakeLargeModel(Path.Combine(work, "model"), 40_000_000);
        using (var stop = new CancellationTokenSource())
        {
            var watch = new Watch(p => { if (p.CompletedBytes > 10_000_000) stop.Cancel(); });
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Copy(From(receives), To(receives), model, work + "/copy", watch, stop.Token));
        }

        Assert.False(Directory.Exists(work + "/copy"));
        long partial = await SettledSize(work + "/copy.partial/weights.bin");
        Assert.InRange(partial, 1, 40_000_000 - 1);
        (_, _, long kept) = await Copy(From(receives), To(receives), model, work + "/copy");
        Assert.InRange(kept, partial, partial + 2);
        Assert.Equal(Hashes(model), Hashes(work + "/copy"));

        static IModelFiles From(bool receives) => receives ? LoopbackSshd.Files("rig") : new LocalFiles();
        static IModelFiles To(bool receives) => receives ? new LocalFiles() : LoopbackSshd.Files("rig");
    }

    // HAFS_TEST_KILLS says how often.
    [SkippableTheory]
    [InlineData("pull")]
    [InlineData("push")]
    public async Task A_process_that_is_killed_at_any_point_leaves_what_the_next_one_goes_on_with_and_registers_nothing(string verb)
    {
        _ = Peers.Sshd;
        const int Bytes = 60_000_000;
        int kills = int.Parse(Environment.GetEnvironmentVariable("HAFS_TEST_KILLS") ?? "1", CultureInfo.InvariantCulture);
        using var hafs = new Hafs.HafsProcess();
        string work = sshd.NewFolder(), model = MakeLargeModel(Path.Combine(work, "kjv"), Bytes);
        new Workbench(hafs.Registry).Registry.Add(new Model { Id = "kjv", Path = verb == "push" ? model : "/gone" }, force: false, default);
        string[] arguments = verb == "push" ? ["models", "push", "kjv", "-d", $"rig:{work}/copy", "--json"] : ["models", "pull", "kjv", "-s", "rig:" + model, "-d", work + "/copy", "--json"];
        byte[] registry = File.ReadAllBytes(hafs.Registry);
        var random = new Random(kills);
        for (int i = 0; i < kills; i++)
        {
            long until = await SettledSize(work + "/copy.partial/weights.bin", orNothing: true) + random.Next(1, Bytes / (kills + 1));
            using Process process = hafs.Start(arguments);
            while (!process.HasExited && Size(work + "/copy.partial/weights.bin") < until)
                await Task.Delay(1);
            process.Kill();
            await process.WaitForExitAsync();
            if (Directory.Exists(work + "/copy"))
                break;
            Assert.Equal(registry, File.ReadAllBytes(hafs.Registry));
        }

        long partial = await SettledSize(work + "/copy.partial/weights.bin", orNothing: true);
        (int exitCode, string output, string error) = await hafs.RunAsync(arguments);
        Assert.True(exitCode == 0, error);
        long kept = JsonDocument.Parse(output).RootElement.GetProperty("resumed_bytes").GetInt64();
        Assert.InRange(kept, Math.Max(1, partial), Bytes + 2);
        Assert.Equal(Hashes(model), Hashes(work + "/copy"));
        Assert.Contains(work + "/copy", new Workbench(hafs.Registry).Get("kjv").Locations.Values);
    }

    [SkippableFact]
    public async Task A_transfer_that_came_to_its_end_and_not_into_the_registry_is_recorded_by_the_next()
    {
        _ = Peers.Sshd;
        string work = sshd.NewFolder(), model = MakeModel(Path.Combine(work, "model"), 1000);
        await Copy(LoopbackSshd.Files("rig"), new LocalFiles(), model, work + "/here");
        var workbench = new Workbench(Path.Combine(work, "registry.json"));
        workbench.Registry.Add(new Model { Id = "kjv", Path = "/gone" }, force: false, default);
        var request = new TransferRequest { ModelId = "kjv", Host = "rig:" + model, Destination = work + "/here" };
        TransferResult again = await workbench.ReceiveAsync(request, null, default);
        Assert.Equal((work + "/here", again.Bytes), (workbench.Get("kjv").Path, again.ResumedBytes));
        File.AppendAllText(work + "/here/config.json", " ");
        Assert.Equal("TransferTargetExists", (await Assert.ThrowsAsync<HafsException>(() => workbench.ReceiveAsync(request, null, default))).Id);
    }

    [SkippableFact]
    public async Task Many_small_files_take_few_commands_and_arrive_whole()
    {
        _ = Peers.Sshd;
        string work = sshd.NewFolder(), model = Directory.CreateDirectory(work + "/model").FullName;
        for (int i = 0; i < 400; i++)
            File.WriteAllText($"{model}/{new string('n', 150)}{i}", new string('x', i));
        await Copy(LoopbackSshd.Files("rig"), new LocalFiles(), model, work + "/copy");
        Assert.Equal(Hashes(model), Hashes(work + "/copy"));
    }

    [SkippableTheory]
    [InlineData(-10)]
    [InlineData(10)]
    public async Task A_file_that_changes_while_it_is_read_is_told(int grows)
    {
        _ = Peers.Sshd;
        string file = sshd.NewFolder() + "/growing";
        File.WriteAllBytes(file, new byte[5000]);
        using SshFiles rig = LoopbackSshd.Files("rig");
        var error = await Assert.ThrowsAsync<HafsException>(() => rig.ReadAsync([new FileRange(file, 0, 5000 - grows), new FileRange(file, 0, 5000)], (_, content) => content.CopyToAsync(Stream.Null), (_, _) => { }, default));
        Assert.Equal((ErrorKind.Conflict, "FileChanged", file), (error.Kind, error.Id, error.Target));
    }

    [SkippableFact]
    public async Task Hosts_mounts_methods_and_folders_of_the_settings_are_followed()
    {
        _ = Peers.Sshd;
        string work = sshd.NewFolder(), model = MakeModel(Path.Combine(work, "far", "kjv"), 1000);
        SyncSettings Settings(string preferences)
        {
            File.WriteAllText(work + "/sync.toml", $"""
                [hosts.box]
                hostname = "rig"
                platform = "linux"
                username = "{Environment.UserName}"
                [mounts.far]
                local_path = "{work}/far"
                remote_path = "D:/far"
                [deployment]
                local_models_dir = "{work}/models"
                [preferences]
                {preferences}
                """);
            return SyncSettings.Load(work + "/sync.toml");
        }

        var onBox = new Model { Id = "kjv", Path = "/gone", PrimaryLocation = "box", Locations = new Dictionary<string, string> { ["box"] = model, ["windows"] = @"d:\FAR\kjv" } };
        TransferPlan plan = ModelTransfer.PlanReceive(onBox, new TransferRequest { ModelId = "kjv", Host = "box" }, Settings(""));
        Assert.Equal(("ssh", model, work + "/models/kjv"), (plan.Method, plan.From, plan.To));
        TransferResult received = await ModelTransfer.RunAsync(plan, Settings(""), null, default);
        Assert.Equal(Hashes(model), Hashes(received.Path));

        TransferRequest fromWindows = new() { ModelId = "kjv", Host = "windows", Destination = work + "/mounted" };
        plan = ModelTransfer.PlanReceive(onBox, fromWindows, Settings(""));
        Assert.Equal(("mount", model), (plan.Method, plan.From));
        await ModelTransfer.RunAsync(plan, Settings(""), null, default);
        Assert.Equal(Hashes(model), Hashes(work + "/mounted"));

        Assert.Equal("ssh", ModelTransfer.PlanReceive(onBox, fromWindows, Settings("transfer_method = 'scp'")).Method);
        Assert.Equal("MountMissing", Assert.Throws<HafsException>(() => ModelTransfer.PlanReceive(onBox, new TransferRequest { ModelId = "kjv", Host = "box" }, Settings("transfer_method = 'mount'"))).Id);
    }

    [SkippableFact]
    public async Task What_does_not_fit_is_refused_before_it_is_moved_and_a_disk_that_fills_up_is_told()
    {
        _ = Peers.Sshd;
        string work = sshd.NewFolder(), model = MakeLargeModel(Path.Combine(work, "model"), 8_000_000), small = Directory.CreateDirectory(work + "/small").FullName;
        using (Process mount = Process.Start(new ProcessStartInfo("mount", ["-t", "tmpfs", "-o", "size=4m", "tmpfs", small]) { RedirectStandardError = true })!)
        {
            await mount.WaitForExitAsync();
            Skip.If(mount.ExitCode != 0, "This account may not mount a small disk.");
        }

        try
        {
            await Fails(LoopbackSshd.Files("rig"), new LocalFiles(), model, small + "/copy", "DiskFull");
            await Fails(new LocalFiles(), LoopbackSshd.Files("rig"), model, small + "/copy", "DiskFull");
            Assert.Empty(Directory.GetFileSystemEntries(small));
            using var rig = LoopbackSshd.Files("rig");
            using var here = new LocalFiles();
            foreach ((IModelFiles files, string id) in new (IModelFiles, string)[] { (rig, "RemoteDiskFull"), (here, "DiskFull") })
                Assert.Equal((ErrorKind.ResourceExhausted, id), await Error(() => files.WriteAsync(small + "/file", 0, new MemoryStream(new byte[8_000_000]), default)));
        }
        finally
        {
            using Process unmount = Process.Start("umount", [small]);
            await unmount.WaitForExitAsync();
        }

        static async Task<(ErrorKind, string)> Error(Func<Task> work)
        {
            HafsException error = await Assert.ThrowsAsync<HafsException>(work);
            return (error.Kind, error.Id);
        }
    }

    [SkippableFact]
    public async Task A_part_of_other_contents_is_found_out_and_written_anew()
    {
        _ = Peers.Sshd;
        string work = sshd.NewFolder(), model = MakeModel(Path.Combine(work, "model"), 100_000);
        Directory.CreateDirectory(work + "/copy.partial");
        File.WriteAllBytes(work + "/copy.partial/config.json", new byte[50_000]);
        (_, _, long kept) = await Copy(LoopbackSshd.Files("rig"), new LocalFiles(), model, work + "/copy");
        Assert.Equal(0, kept);
        Assert.Equal(Hashes(model), Hashes(work + "/copy"));
    }

    [SkippableFact]
    public async Task A_wrong_path_no_permission_and_a_full_disk_are_told_apart()
    {
        _ = Peers.Sshd;
        string work = sshd.NewFolder(), model = MakeModel(Path.Combine(work, "model"), 100_000), secret = MakeModel(Path.Combine(work, "secret"), 10);
        File.SetUnixFileMode(secret, UnixFileMode.None);
        try
        {
            await Fails(LoopbackSshd.Files("rig"), new LocalFiles(), work + "/nothing", work + "/copy", "TransferSourceNotFound");
            await Fails(LoopbackSshd.Files("limited"), new LocalFiles(), secret, work + "/copy", "RemotePermissionDenied");
            await Fails(new LocalFiles(), LoopbackSshd.Files("limited"), model, "/usr/hafsmodels/copy", "RemotePermissionDenied");
            await Fails(new LocalFiles(), LoopbackSshd.Files("rig"), model, Directory.CreateDirectory(work + "/else").FullName, "TransferTargetExists");
            Directory.CreateDirectory(work + "/full.partial");
            File.CreateSymbolicLink(work + "/full.partial/config.json", "/dev/full");
            await Fails(new LocalFiles(), LoopbackSshd.Files("rig"), model, work + "/full", "RemoteDiskFull");
            Assert.False(Directory.Exists(work + "/full"));
        }
        finally
        {
            File.SetUnixFileMode(secret, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    [SkippableFact]
    public async Task The_registry_tells_where_the_copies_are_and_learns_nothing_from_a_failure()
    {
        _ = Peers.Sshd;
        string work = sshd.NewFolder(), model = MakeModel(Path.Combine(work, "there", "kjv"), 1000), registry = Path.Combine(work, "registry.json");
        var workbench = new Workbench(registry);
        workbench.Registry.Add(new Model { Id = "kjv", Path = @"D:\models\kjv", PrimaryLocation = "windows", Locations = new Dictionary<string, string> { ["windows"] = @"D:\models\kjv" } }, force: false, default);
        byte[] before = File.ReadAllBytes(registry);
        await Assert.ThrowsAsync<HafsException>(() => workbench.ReceiveAsync(new TransferRequest { ModelId = "kjv", Host = "rig:" + work + "/wrong", Destination = work + "/here" }, null, default));
        Assert.Equal(before, File.ReadAllBytes(registry));

        TransferResult received = await workbench.ReceiveAsync(new TransferRequest { ModelId = "kjv", Host = "rig:" + model, Destination = work + "/here", Location = "laptop" }, null, default);
        TransferResult sent = await workbench.SendAsync(new TransferRequest { ModelId = "kjv", Host = "rig:" + work + "/far/kjv" }, null, default);
        Assert.Equal(("ssh", "ssh", OddNames.Length), (received.Method, sent.Method, sent.Files));
        Model recorded = workbench.Get("kjv");
        Assert.Equal(work + "/here", recorded.Path);
        Assert.Equal(new Dictionary<string, string> { ["windows"] = @"D:\models\kjv", ["laptop"] = work + "/here", ["rig"] = work + "/far/kjv" }, recorded.Locations);
        Assert.Equal(Hashes(model), Hashes(work + "/far/kjv"));
    }

    [SkippableFact]
    public async Task The_command_line_pulls_and_pushes()
    {
        _ = Peers.Sshd;
        using var hafs = new Hafs.HafsProcess();
        string far = sshd.NewFolder(), model = hafs.CopyModel("kjv-llama");
        new Workbench(hafs.Registry).Register(new RegisterRequest { Path = model }, default);
        Assert.Contains("by ssh, recorded as 'rig'", await Succeeds("models", "push", "kjv-llama", "-d", $"rig:{far}/kjv", "--dry-run"));
        Assert.False(Directory.Exists(far + "/kjv"));
        await Succeeds("models", "push", "kjv-llama", "-d", $"rig:{far}/kjv");
        Assert.Contains("\"resumed_bytes\": 0", await Succeeds("models", "pull", "kjv-llama", "-s", "rig", "-d", far + "/back", "--json"));
        Assert.Equal(Hashes(model), Hashes(far + "/back"));
        (int exitCode, _, string error) = await hafs.RunAsync("models", "pull", "kjv-llama", "-s", "other", "-d", far + "/more");
        Assert.Equal((true, true), (exitCode != 0, error.Contains("host key", StringComparison.Ordinal)));

        async Task<string> Succeeds(params string[] arguments)
        {
            (int code, string output, string complaints) = await hafs.RunAsync(arguments);
            Assert.True(code == 0, complaints);
            return output;
        }
    }

    private static async Task<(int Files, long Bytes, long KeptBytes)> Copy(IModelFiles from, IModelFiles to, string source, string target, IProgress<WorkProgress>? progress = null, CancellationToken stop = default)
    {
        using (from)
        using (to)
            return await new FolderCopy(from, to, LoopbackSshd.Preferences, progress).RunAsync(source, target, "", stop);
    }

    private static async Task Fails(IModelFiles from, IModelFiles to, string source, string target, string id)
    {
        var error = await Assert.ThrowsAsync<HafsException>(() => Copy(from, to, source, target));
        Assert.True(id == error.Id, $"{id} was expected, and it is {error.Id}: {error.Message}");
    }

    private static string MakeModel(string folder, int bytes)
    {
        var random = new Random(bytes);
        foreach (string name in OddNames)
        {
            string file = Path.Combine(folder, name);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            byte[] data = new byte[name == "empty" ? 0 : name == "config.json" ? bytes : random.Next(bytes)];
            random.NextBytes(data);
            File.WriteAllBytes(file, data);
        }

        return folder;
    }

    private static string MakeLargeModel(string folder, int bytes)
    {
        Directory.CreateDirectory(folder);
        byte[] data = new byte[bytes];
        new Random(bytes).NextBytes(data);
        File.WriteAllBytes(Path.Combine(folder, "weights.bin"), data);
        File.WriteAllText(Path.Combine(folder, "config.json"), "{}");
        return folder;
    }

    // The server's end of a broken connection may still be writing what had arrived.
    private static async Task<long> SettledSize(string file, bool orNothing = false)
    {
        long size = Size(file);
        for (long before = -1; before != size || (size == 0 && !orNothing); size = Size(file))
        {
            before = size;
            await Task.Delay(200);
        }

        return size;
    }

    private static long Size(string file) => File.Exists(file) ? new FileInfo(file).Length : 0;

    private static List<(string, string)> Hashes(string folder) =>
        [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(f => (Path.GetRelativePath(folder, f), Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(f)))))];

    private sealed class Watch(Action<WorkProgress> action) : IProgress<WorkProgress>
    {
        public void Report(WorkProgress value) => action(value);
    }
}
