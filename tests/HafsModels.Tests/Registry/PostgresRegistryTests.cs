using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using HafsModels.Registry;
using Xunit;

namespace HafsModels.Tests.Registry;

/// <summary>A registry in a real PostgreSQL server keeps what one in files keeps.</summary>
public sealed partial class PostgresRegistryTests(PostgresServer server) : IClassFixture<PostgresServer>
{
    private const int Processes = 20;
    private const int UpdatesEach = 100;

    // Keys nobody knows, an id twice, Python's spelling of numbers, text beyond ASCII, and members in an order of their own.
    private const string Odd = """
        {"version": "1.0", "extra": [1.50, NaN], "updated_at": "x", "models": {
          "zebra": {"model_id": "zebra", "display_name": "Z\u00e9bra", "perplexity": 1E+2, "mystery": {"b": 1, "a": -0.0}},
          "ape": {"model_id": "ape"}, "zebra": {"model_id": "zebra", "notes": "second"}, "none": 7}, "tail": null}
        """;

    [SkippableFact]
    public void What_goes_from_files_to_the_database_and_back_is_the_same_but_for_its_date()
    {
        string address = server.NewDatabase();
        using var source = new ScratchRegistry(Odd);
        source.Registry.Update("ape", m => m with { Notes = "touched" }, default);
        source.Registry.SetFamily("ape", "primates", default);
        source.Registry.SetAlias("ape", "production", default);
        source.Registry.CopyTo(address, force: false, apply: true, default);

        ModelRegistry database = ModelRegistry.Open(address);
        Assert.Equal(["ape", "zebra"], database.Find(new ModelQuery()).Select(m => m.Id));
        Assert.Equal("ape", database.Get("primates@production").Id);
        Assert.Equal("second", database.Get("zebra").Notes);

        using var target = new ScratchRegistry();
        database.CopyTo(target.Path, force: false, apply: true, default);
        Assert.Equal(Dateless(source.Text), Dateless(target.Text));
        Assert.Equal(Dateless(File.ReadAllText(source.Sidecar)), Dateless(File.ReadAllText(target.Sidecar)));
        HafsException again = Assert.Throws<HafsException>(() => database.CopyTo(target.Path, force: false, apply: true, default));
        Assert.Equal((ErrorKind.AlreadyExists, "RegistryNotEmpty"), (again.Kind, again.Id));
    }

    [SkippableFact]
    public void Random_edits_have_the_same_outcome_in_files_and_in_the_database()
    {
        ModelRegistry database = ModelRegistry.Open(server.NewDatabase());
        using var files = new ScratchRegistry();
        var random = new Random(1611);
        ModelRegistry[] both = [files.Registry, database];
        for (int i = 0; i < 150; i++)
        {
            string id = $"model-{random.Next(12)}", text = $"{i} \"ü\" \n";
            int what = random.Next(7);
            Assert.Single(both.Select(registry => Attempt(() =>
            {
                switch (what)
                {
                    case 0 or 1: registry.Add(Samples.Full(id) with { CreatedAt = "2025-01-01T00:00:00" }, force: false, default); break;
                    case 2: registry.Update(id, m => m with { Notes = text, UpdatedAt = text }, default); break;
                    case 3: registry.Remove(id, default); break;
                    case 4: registry.AddDeployment(Samples.Deployment(id, "Ollama", text), default); break;
                    case 5: registry.SetFamily(id, "family", default); registry.SetAlias(id, "production", default); break;
                    default: registry.RemoveDeployment(id, "Ollama", null, default); break;
                }
            })).Distinct());
        }

        using var copy = new ScratchRegistry();
        database.CopyTo(copy.Path, force: false, apply: true, default);
        Assert.Equal(Dateless(files.Text), Dateless(copy.Text));
        Assert.Equal(Dateless(File.ReadAllText(files.Sidecar)), Dateless(File.ReadAllText(copy.Sidecar)));
    }

    [SkippableFact]
    public async Task Twenty_processes_with_a_hundred_updates_each_lose_nothing()
    {
        string address = server.NewDatabase();
        ModelRegistry registry = ModelRegistry.Open(address);
        registry.Add(new Model { Id = "shared" }, false, default);
        Process[] writers = [.. Enumerable.Range(0, Processes).Select(i => Start(address, i, UpdatesEach))];
        await Task.WhenAll(writers.Select(w => w.WaitForExitAsync()));
        Assert.All(writers, w => Assert.Equal(0, w.ExitCode));
        Assert.Equal(Processes * UpdatesEach, registry.Get("shared").TrainSamples);
        Assert.Equal(1 + (Processes * 5), registry.Find(new ModelQuery()).Count);
        Assert.Equal(Processes * 5, registry.Find(new ModelQuery { Backend = "Embedded" }).Count(m => m.Deployments.Count == 1));
    }

    [SkippableFact]
    public async Task A_writer_killed_at_any_instant_leaves_a_registry_that_loads_and_no_lock()
    {
        string address = server.NewDatabase();
        ModelRegistry registry = ModelRegistry.Open(address);
        registry.Add(new Model { Id = "shared" }, false, default);
        var random = new Random(1611);
        long count = 0;
        int kills = int.Parse(Environment.GetEnvironmentVariable("HAFS_TEST_KILLS") ?? "24", CultureInfo.InvariantCulture);
        for (int done = 0; done < kills; done += 4)
        {
            Process[] writers = [.. Enumerable.Range(0, 4).Select(i => Start(address, i, 1_000_000))];
            await Task.WhenAll(writers.Select(w => w.StandardOutput.ReadLineAsync()));
            foreach (Process writer in writers)
            {
                await Task.Delay(random.Next(0, 25));
                writer.Kill();
                await writer.WaitForExitAsync();
            }

            long start = Stopwatch.GetTimestamp(), now = registry.Update("shared", m => m with { TrainSamples = m.TrainSamples + 1 }, default).TrainSamples;
            Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(2), "The lock of a killed writer was held on.");
            Assert.True(now > count);
            count = now;
            Assert.Empty(registry.Problems);
        }
    }

    [SkippableFact]
    public void Backups_tell_what_changed_and_are_gone_back_to()
    {
        string address = server.NewDatabase();
        ModelRegistry registry = ModelRegistry.Open(address);
        registry.Add(new Model { Id = "a", Notes = "first" }, false, default);
        string kept = registry.Backup(null, default);
        registry.Update("a", m => m with { Notes = "second" }, default);
        registry.Add(new Model { Id = "b" }, false, default);
        registry.Remove("a", default);

        IReadOnlyList<RegistryBackup> backups = registry.Backups();
        Assert.Equal(
            [RegistryChangeKind.Removed, RegistryChangeKind.Added, RegistryChangeKind.Changed, RegistryChangeKind.Added],
            backups.Where(b => !b.IsKept).Select(b => b.Changes.Single().Kind));
        Assert.Equal(kept, backups.Single(b => b.IsKept).Path);

        Assert.Equal("a", Assert.Single(registry.Restore(null, apply: false, default)).ModelId);
        Assert.Throws<HafsException>(() => registry.Get("a"));
        registry.Restore(null, apply: true, default);
        Assert.Equal("second", registry.Get("a").Notes);
        registry.Restore(kept, apply: true, default);
        Assert.Equal("first", registry.Get("a").Notes);
        Assert.False(registry.TryGet("b", out _));
        registry.Restore(backups.First(b => b.Models == 2).Path, apply: true, default);
        Assert.Equal(["a", "b"], registry.Find(new ModelQuery()).Select(m => m.Id));

        using var file = new ScratchRegistry();
        Assert.Equal(file.Path, registry.Backup(file.Path, default));
        Assert.Equal(2, file.Registry.Find(new ModelQuery()).Count);
        Assert.Equal("BackupNotFound", Assert.Throws<HafsException>(() => registry.Restore(address + "#kept-99", apply: true, default)).Id);
    }

    [SkippableFact]
    public void Ten_thousand_models_are_listed_from_memory_until_somebody_writes()
    {
        string address = server.NewDatabase();
        using var files = new ScratchRegistry();
        File.WriteAllText(files.Path, "{\"version\": \"1.0\", \"updated_at\": \"\", \"models\": {" + string.Join(", ", Enumerable.Range(0, 10_000).Select(i => $"\"m{i}\": {{\"model_id\": \"m{i}\", \"role\": \"r{i % 7}\"}}")) + "}}");
        files.Registry.CopyTo(address, force: false, apply: true, default);
        ModelRegistry one = ModelRegistry.Open(address), other = ModelRegistry.Open(address);
        Assert.Equal(10_000, one.Find(new ModelQuery()).Count);
        other.Update("m17", m => m with { Role = "changed" }, default);
        Assert.Equal("m17", Assert.Single(one.Find(new ModelQuery { Role = "changed" })).Id);
        other.Remove("m17", default);
        Assert.Equal(9_999, one.Find(new ModelQuery()).Count);
    }

    [SkippableFact]
    public void Errors_say_what_is_wrong_and_never_show_a_password()
    {
        string address = server.NewDatabase("secured");
        Assert.Equal("RegistryPasswordShown", Error(address.Replace("secured@", "secured:hush@", StringComparison.Ordinal)).Id);
        HafsException none = Error(address);
        Assert.Equal(("RegistryAccessDenied", ErrorKind.PermissionDenied), (none.Id, none.Kind));

        using var scratch = new ScratchRegistry();
        string passwords = Path.Combine(scratch.Folder, "pgpass");
        File.WriteAllText(passwords, "*:*:*:secured:wrong\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(passwords, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Assert.Equal("RegistryAccessDenied", Error($"{address}?passfile={passwords}").Id);
        File.WriteAllText(passwords, "*:*:*:secured:verse\n");
        Assert.Empty(ModelRegistry.Open($"{address}?passfile={passwords}").Find(new ModelQuery()));

        Assert.Equal("RegistryNotFound", Error(server.NewDatabase() + "nowhere").Id);
        HafsException closed = Error("postgres://hafs@127.0.0.1:9/x");
        Assert.Equal(("RegistryUnavailable", ErrorKind.Unavailable), (closed.Id, closed.Kind));
        Assert.Equal("RegistryAddressOption", Error("postgres://hafs@127.0.0.1/x?colour=blue").Id);
        Assert.Equal("RegistryKindUnsupported", Error("mysql://u:hush@h/x").Id);
        Assert.DoesNotContain("hush", Error("mysql://u:hush@h/x").Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void A_password_of_the_environment_is_used_and_not_shown()
    {
        string address = server.NewDatabase("secured");
        using Process writer = Start("", 0, 1, address.Replace("secured@", "secured:verse@", StringComparison.Ordinal), ensure: true);
        string output = writer.StandardOutput.ReadToEnd();
        writer.WaitForExit();
        Assert.Equal(0, writer.ExitCode);
        Assert.DoesNotContain("verse", output, StringComparison.Ordinal);
        Assert.Contains(address, output, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Tables_of_a_later_version_are_left_alone()
    {
        string address = server.NewDatabase();
        Assert.Empty(ModelRegistry.Open(address).Find(new ModelQuery()));
        server.Sql(address[(address.LastIndexOf('/') + 1)..], "update hafs_schema set version = 1000");
        Assert.Equal("RegistryFromTheFuture", Error(address).Id);
    }

    private static HafsException Error(string address) => Assert.Throws<HafsException>(() => ModelRegistry.Open(address).Find(new ModelQuery()));

    private static string Attempt(Action action)
    {
        try
        {
            action();
            return "";
        }
        catch (HafsException error)
        {
            return error.Id;
        }
    }

    private static string Dateless(string json) => UpdatedAt().Replace(json, "\"updated_at\": \"\"");

    private static Process Start(string registry, int worker, int updates, string? environment = null, bool ensure = false)
    {
        var start = new ProcessStartInfo(
            Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet",
            ["exec", Path.Combine(AppContext.BaseDirectory, "HafsModels.RegistryWorker.dll"), registry, worker.ToString(CultureInfo.InvariantCulture), updates.ToString(CultureInfo.InvariantCulture), .. ensure ? new[] { "ensure" } : []])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
            Environment = { ["DOTNET_TieredPGO"] = "0" },
        };
        if (environment is not null)
            start.Environment["HAFS_REGISTRY"] = environment;
        return Process.Start(start)!;
    }

    [GeneratedRegex("\"updated_at\": \"[^\"]*\"")]
    private static partial Regex UpdatedAt();
}
