using HafsModels.Registry;
using HafsModels.Registry.Json;
using Xunit;

namespace HafsModels.Tests.Registry;

public sealed class RegistryBackupTests
{
    [Fact]
    public void Backups_are_listed_newest_first_with_what_changed_after_each()
    {
        using var scratch = new ScratchRegistry();
        scratch.Registry.Add(new Model { Id = "a" }, false, default);
        scratch.Registry.Add(new Model { Id = "b" }, false, default);
        scratch.Registry.Update("a", m => m with { Role = "asm", Tags = ["x"] }, default);
        scratch.Registry.AddDeployment(Samples.Deployment("b", "Ollama", "b"), default);
        scratch.Registry.Remove("a", default);

        RegistryBackup[] backups = [.. scratch.Registry.Backups()];
        Assert.Equal(
            [
                [(RegistryChangeKind.Removed, "a", "")],
                [(RegistryChangeKind.Changed, "b", "deployed_backends ollama_model_name deployments")],
                [(RegistryChangeKind.Changed, "a", "role tags")],
                [(RegistryChangeKind.Added, "b", "")],
            ],
            backups.Select(b => b.Changes.Select(c => (c.Kind, c.ModelId, string.Join(' ', c.Keys))).ToArray()));
        Assert.Equal([2, 2, 2, 1], backups.Select(b => b.Models));
        Assert.All(backups, b => Assert.True(b is { IsReadable: true, IsKept: false }));
    }

    [Fact]
    public void A_restore_tells_first_then_goes_back_and_can_itself_be_undone()
    {
        using var scratch = new ScratchRegistry();
        scratch.Registry.Add(new Model { Id = "a" }, false, default);
        scratch.Registry.AddDeployment(Samples.Deployment("a", "Ollama", "a"), default);
        string kept = scratch.Registry.Backup(null, default);
        string before = scratch.Text, sidecar = File.ReadAllText(scratch.Sidecar);
        scratch.Registry.Remove("a", default);
        string removed = scratch.Text;

        RegistryChange change = Assert.Single(scratch.Registry.Restore(kept, apply: false, default));
        Assert.Equal((RegistryChangeKind.Added, "a"), (change.Kind, change.ModelId));
        Assert.Equal(removed, scratch.Text);
        scratch.Registry.Restore(kept, apply: true, default);
        Assert.Equal((before, sidecar), (scratch.Text, File.ReadAllText(scratch.Sidecar)));
        Assert.Single(scratch.Registry.Get("a").Deployments);
        scratch.Registry.Restore(null, apply: true, default);
        Assert.Equal(removed, scratch.Text);
    }

    [Fact]
    public void A_damaged_registry_is_restored_from_the_newest_backup_that_reads()
    {
        using var scratch = new ScratchRegistry();
        scratch.Registry.Add(new Model { Id = "a" }, false, default);
        scratch.Registry.Add(new Model { Id = "b" }, false, default);
        scratch.Registry.Add(new Model { Id = "c" }, false, default);
        File.WriteAllText(scratch.Registry.Backups()[0].Path, "{");
        File.WriteAllText(scratch.Path, "{\"version\"");
        Assert.False(scratch.Registry.Backups()[0].IsReadable);
        Assert.Equal("a", Assert.Single(scratch.Registry.Restore(null, apply: true, default)).ModelId);
        Assert.Equal(["a"], scratch.Registry.Find(new ModelQuery()).Select(m => m.Id));
        Assert.Contains(scratch.Backups, b => File.ReadAllText(b) == "{\"version\"");
    }

    [Fact]
    public void Backups_are_bounded_and_those_made_on_demand_stay()
    {
        using var scratch = new ScratchRegistry();
        scratch.Registry.Add(new Model { Id = "a" }, false, default);
        string kept = scratch.Registry.Backup(null, default);
        string elsewhere = scratch.Registry.Backup(Path.Combine(scratch.Folder, "elsewhere", "copy.json"), default);
        for (int i = 0; i < 30; i++)
            scratch.Registry.Update("a", m => m with { TrainSamples = m.TrainSamples + 1 }, default);
        var backups = scratch.Registry.Backups();
        Assert.InRange(backups.Count(b => !b.IsKept), 10, 12);
        Assert.Equal(kept, Assert.Single(backups, b => b.IsKept).Path);
        Assert.True(File.Exists(elsewhere));
        Assert.Equal(0, scratch.Registry.Restore(elsewhere, apply: true, default).Count(c => c.Kind != RegistryChangeKind.Changed));
        Assert.Equal(0, scratch.Registry.Get("a").TrainSamples);
    }

    [Fact]
    public void What_cannot_be_restored_says_why()
    {
        using var scratch = new ScratchRegistry();
        Assert.Equal("RegistryNotFound", Assert.Throws<HafsException>(() => scratch.Registry.Backup(null, default)).Id);
        Assert.Equal("BackupNotFound", Assert.Throws<HafsException>(() => scratch.Registry.Restore(null, true, default)).Id);
        Assert.Equal("BackupNotFound", Assert.Throws<HafsException>(() => scratch.Registry.Restore(Path.Combine(scratch.Folder, "no.json"), true, default)).Id);
    }

    [Fact]
    public void A_repair_makes_the_file_load_in_hafs_and_moves_what_hafs_cannot_have_to_the_sidecar()
    {
        const string Broken = """
            {"extra": {"n": 1.50}, "models": {"a": {"role": "first"}, "n": 3, "a": {"role": "last", "model_id": "z", "tags": "t", "odd": [1, 2.50], "notes": "one", "notes": "two"}}}
            """;
        using var scratch = new ScratchRegistry();
        File.WriteAllText(scratch.Path, Broken, new System.Text.UTF8Encoding(encoderShouldEmitUTF8Identifier: true));
        RegistryProblem[] told = [.. scratch.Registry.Repair(apply: false, default)];
        Assert.NotNull(HafsLoader.Load(File.ReadAllBytes(scratch.Path)).Failure);

        Assert.Equal(told, scratch.Registry.Repair(apply: true, default));
        (string[] ids, string? failure) = HafsLoader.Load(File.ReadAllBytes(scratch.Path));
        Assert.Null(failure);
        Assert.Equal(["a"], ids);
        Assert.Equal(("last", "two", "a"), (scratch.Registry.Get("a").Role, scratch.Registry.Get("a").Notes, scratch.Registry.Get("a").Id));
        Assert.Empty(scratch.Registry.Repair(apply: false, default));

        var sidecar = (JsonObject)JsonParser.Parse(File.ReadAllText(scratch.Sidecar));
        Assert.Contains("1.50", JsonText.Write(sidecar["moved_keys"]!), StringComparison.Ordinal);
        var entry = (JsonObject)((JsonObject)sidecar["models"]!)["a"]!;
        Assert.Equal(["model_id", "tags", "odd", "notes"], ((JsonObject)entry["moved_keys"]!).Members.Select(m => m.Name).Take(4));
        Assert.Contains("\"one\"", JsonText.Write(entry), StringComparison.Ordinal);
        Assert.Contains("first", JsonText.Write(entry["shadowed_records"]!), StringComparison.Ordinal);
    }

    [Fact]
    public void A_repair_exchanges_a_damaged_sidecar_for_the_newest_that_reads()
    {
        using var scratch = new ScratchRegistry();
        scratch.Registry.Add(new Model { Id = "a" }, false, default);
        scratch.Registry.AddDeployment(Samples.Deployment("a", "Ollama", "a"), default);
        scratch.Registry.Update("a", m => m with { Role = "asm" }, default);
        File.WriteAllText(scratch.Sidecar, "{\"cut");
        Assert.Equal(RegistryProblemKind.SidecarDamaged, Assert.Single(scratch.Registry.Repair(apply: true, default)).Kind);
        Assert.Single(scratch.Registry.Get("a").Deployments);
        Assert.Equal("asm", scratch.Registry.Get("a").Role);
        Assert.Contains(scratch.Backups, b => File.ReadAllText(b) == "{\"cut");
    }
}
