using System.Text;
using System.Text.Json;
using HafsModels.Inference;
using HafsModels.Registry;
using Xunit;

namespace HafsModels.Tests.Registry;

public sealed class ModelRegistryTests
{
    [Fact]
    public void A_registry_that_does_not_exist_is_empty_and_reading_it_makes_no_file()
    {
        using var scratch = new ScratchRegistry();
        Assert.Empty(scratch.Registry.Find(new ModelQuery()));
        Assert.Empty(scratch.Registry.Problems);
        Assert.Empty(Directory.GetFileSystemEntries(scratch.Folder));
    }

    [Fact]
    public void A_new_record_has_the_36_keys_in_the_order_of_hafs_and_loads_there()
    {
        using var scratch = new ScratchRegistry();
        scratch.Registry.Add(new Model { Id = "märchen", DisplayName = "Märchen 😀" }, force: false, default);

        byte[] bytes = File.ReadAllBytes(scratch.Path);
        (string[] ids, string? failure) = HafsLoader.Load(bytes);
        Assert.Null(failure);
        Assert.Equal(["märchen"], ids);
        using JsonDocument file = JsonDocument.Parse(bytes);
        Assert.Equal(["version", "updated_at", "models"], file.RootElement.EnumerateObject().Select(p => p.Name));
        Assert.Equal("1.0", file.RootElement.GetProperty("version").GetString());
        Assert.Equal(HafsLoader.AllKeys, file.RootElement.GetProperty("models").GetProperty("märchen").EnumerateObject().Select(p => p.Name));
        Assert.All(bytes, b => Assert.InRange(b, (byte)'\n', (byte)'~'));
        Assert.Equal((byte)'}', bytes[^1]);
        Assert.Contains("\"display_name\": \"M\\u00e4rchen \\ud83d\\ude00\"", Encoding.ASCII.GetString(bytes), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_added_reads_back_equal()
    {
        using var scratch = new ScratchRegistry();
        var model = Samples.Full("full");
        scratch.Registry.Add(model, force: false, default);
        Model back = scratch.Registry.Get("full");
        foreach (RecordKey key in RecordKeys.All.Where(k => k.Name != "updated_at"))
            Assert.Equivalent(key.Value(model), key.Value(back), strict: true);
        Assert.Equal(scratch.Path, back.Registry);
    }

    [Fact]
    public void An_id_that_is_registered_already_is_refused_unless_forced()
    {
        using var scratch = new ScratchRegistry();
        Model first = scratch.Registry.Add(new Model { Id = "a", Locations = new Dictionary<string, string> { ["mac"] = "/a" } }, force: false, default);
        Assert.Equal(ErrorKind.AlreadyExists, Assert.Throws<HafsException>(() => scratch.Registry.Add(new Model { Id = "a" }, false, default)).Kind);
        scratch.Registry.AddDeployment(Samples.Deployment("a", "Ollama", "a:latest"), default);

        Model second = scratch.Registry.Add(new Model { Id = "a", Role = "asm", Locations = new Dictionary<string, string> { ["cloud"] = "/b" } }, force: true, default);
        Assert.Equal("asm", second.Role);
        Assert.Equal(first.CreatedAt, second.CreatedAt);
        Assert.Equal(["cloud", "mac"], second.Locations.Keys.Order());
        Assert.Equal(["ollama"], scratch.Registry.Get("a").DeployedBackends);
        Assert.Equal("a:latest", scratch.Registry.Get("a").OllamaModelName);
    }

    [Fact]
    public void An_unknown_id_names_the_nearest_ones()
    {
        using var scratch = new ScratchRegistry();
        foreach (string id in new[] { "kjv-llama", "kjv-qwen2", "other" })
            scratch.Registry.Add(new Model { Id = id }, false, default);
        HafsException error = Assert.Throws<HafsException>(() => scratch.Registry.Get("kvj-llama"));
        Assert.Equal((ErrorKind.NotFound, "ModelNotFound"), (error.Kind, error.Id));
        Assert.Equal("Did you mean 'kjv-llama'?", error.Hint);
        Assert.Contains("'kjv-llama', 'kjv-qwen2'", Assert.Throws<HafsException>(() => scratch.Registry.Remove("kjv", default)).Hint, StringComparison.Ordinal);
        Assert.Null(Assert.Throws<HafsException>(() => scratch.Registry.Get("something-else-entirely")).Hint);
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("a/b", "a-b")]
    [InlineData("..", "")]
    [InlineData("a\\b", "a-b")]
    [InlineData("chat@v2", "chat-v2")]
    [InlineData(" a", "a")]
    [InlineData("a\nb", "a-b")]
    [InlineData("a*", "a")]
    public void An_id_that_could_be_no_file_name_is_refused_with_a_near_one_as_the_hint(string id, string slug)
    {
        using var scratch = new ScratchRegistry();
        HafsException error = Assert.Throws<HafsException>(() => scratch.Registry.Add(new Model { Id = id }, false, default));
        Assert.Equal("ModelIdInvalid", error.Id);
        Assert.Contains(slug.Length > 0 ? $"'{slug}'" : "letters", error.Hint, StringComparison.Ordinal);
        Assert.False(File.Exists(scratch.Path));
    }

    [Fact]
    public void A_change_that_changes_nothing_writes_nothing_and_makes_no_backup()
    {
        using var scratch = new ScratchRegistry();
        scratch.Registry.Add(Samples.Full("a"), false, default);
        string before = scratch.Text;
        int backups = scratch.Backups.Length;
        scratch.Registry.Update("a", m => m with { Role = new string(m.Role), Tags = [.. m.Tags] }, default);
        Assert.Equal(before, scratch.Text);
        Assert.Equal(backups, scratch.Backups.Length);
    }

    [Fact]
    public void An_id_cannot_be_changed()
    {
        using var scratch = new ScratchRegistry();
        scratch.Registry.Add(new Model { Id = "a" }, false, default);
        Assert.Equal("ModelIdFixed", Assert.Throws<HafsException>(() => scratch.Registry.Update("a", m => m with { Id = "b" }, default)).Id);
    }

    [Fact]
    public void Artifacts_deployments_and_tests_are_kept_beside_the_file_and_read_back_equal()
    {
        using var scratch = new ScratchRegistry();
        scratch.Registry.Add(new Model { Id = "a" }, false, default);
        var artifact = new Artifact
        {
            ModelId = "a",
            Path = "/out/a.gguf",
            Format = "gguf",
            Quantization = "Q4_K_M",
            SizeBytes = 12,
            Sha256 = "ab",
            BitsPerWeight = 4.9,
            SourceSha256 = new Dictionary<string, string> { ["model.safetensors"] = "cd" },
            CreatedAt = DateTimeOffset.UnixEpoch,
            Fidelity = new Fidelity { Tokens = 3, Top1Agreement = 1, MeanKlDivergence = 0.01, SourcePerplexity = 12.5, ResultPerplexity = double.PositiveInfinity },
        };
        scratch.Registry.AddArtifact(artifact with { SizeBytes = 1 }, default);
        scratch.Registry.AddArtifact(artifact, default);
        scratch.Registry.AddDeployment(Samples.Deployment("a", "LlamaCpp", "a"), default);
        var test = new DeploymentTest { ModelId = "a", Backend = "LlamaCpp", Name = "a", Passed = false, Message = "far", Fidelity = artifact.Fidelity, Answers = [new DeploymentAnswer("p", "x", "y", 0, 1)] };
        scratch.Registry.AddTest(test, default);

        Model model = scratch.Registry.Get("a");
        Assert.Equivalent(artifact with { Registry = scratch.Path }, Assert.Single(model.Artifacts), strict: true);
        Assert.Equivalent(Samples.Deployment("a", "LlamaCpp", "a") with { Registry = scratch.Path }, Assert.Single(model.Deployments), strict: true);
        Assert.Equivalent(test, Assert.Single(scratch.Registry.Tests("a")), strict: true);
        Assert.Equal(["pytorch", "gguf"], model.Formats);
        Assert.Equal(["llama.cpp"], model.DeployedBackends);
        Assert.Null(HafsLoader.Load(File.ReadAllBytes(scratch.Path)).Failure);

        Assert.True(scratch.Registry.RemoveDeployment("a", "llama.cpp", "a", default));
        Assert.False(scratch.Registry.RemoveDeployment("a", "llama.cpp", "a", default));
        Assert.True(scratch.Registry.RemoveArtifact("a", "/out/a.gguf", default));
        model = scratch.Registry.Get("a");
        Assert.Empty(model.Deployments);
        Assert.Empty(model.DeployedBackends);
        Assert.Empty(model.Artifacts);
    }

    [Fact]
    public void History_of_a_model_that_hafs_deleted_is_kept_and_returns_with_it()
    {
        using var scratch = new ScratchRegistry();
        scratch.Registry.Add(new Model { Id = "a" }, false, default);
        scratch.Registry.AddDeployment(Samples.Deployment("a", "Ollama", "a"), default);
        string withModel = scratch.Text;
        File.WriteAllText(scratch.Path, "{\n  \"version\": \"1.0\",\n  \"updated_at\": \"2025-12-22T10:00:00\",\n  \"models\": {}\n}");

        Assert.Equal(RegistryProblemKind.Orphan, Assert.Single(scratch.Registry.Problems).Kind);
        scratch.Registry.Add(new Model { Id = "b" }, false, default);
        File.WriteAllText(scratch.Path, withModel);
        Assert.Equal("a", Assert.Single(scratch.Registry.Get("a").Deployments).Name);
    }

    [Fact]
    public void Removing_a_model_removes_its_history_and_nothing_else()
    {
        using var scratch = new ScratchRegistry();
        foreach (string id in new[] { "a", "b" })
        {
            scratch.Registry.Add(new Model { Id = id }, false, default);
            scratch.Registry.AddDeployment(Samples.Deployment(id, "Ollama", id), default);
        }

        Model removed = scratch.Registry.Remove("a", default);
        Assert.Equal("a", Assert.Single(removed.Deployments).ModelId);
        Assert.Equal(["b"], scratch.Registry.Find(new ModelQuery()).Select(m => m.Id));
        Assert.Empty(scratch.Registry.Problems);
        Assert.Single(scratch.Registry.Get("b").Deployments);
    }

    [Fact]
    public void Queries_combine_and_patterns_ignore_case()
    {
        using var scratch = new ScratchRegistry();
        scratch.Registry.Add(new Model { Id = "kjv-llama", Role = "general", BaseModel = "Qwen/Qwen2.5", PrimaryLocation = "mac", Tags = ["x", "y"], Formats = ["gguf"] }, false, default);
        scratch.Registry.Add(new Model { Id = "kjv-qwen", Role = "asm", Locations = new Dictionary<string, string> { ["cloud"] = "/m" }, DeployedBackends = ["llama.cpp"] }, false, default);
        string[] Ids(ModelQuery query) => [.. scratch.Registry.Find(query).Select(m => m.Id)];

        Assert.Equal(["kjv-llama", "kjv-qwen"], Ids(new ModelQuery { Ids = ["KJV-*"] }));
        Assert.Equal(["kjv-qwen"], Ids(new ModelQuery { Ids = ["none", "kjv-q?en"] }));
        Assert.Equal(["kjv-llama"], Ids(new ModelQuery { Role = "gen*" }));
        Assert.Equal(["kjv-llama"], Ids(new ModelQuery { Location = "Mac" }));
        Assert.Equal(["kjv-qwen"], Ids(new ModelQuery { Location = "cloud" }));
        Assert.Equal(["kjv-qwen"], Ids(new ModelQuery { Backend = "LlamaCpp" }));
        Assert.Equal(["kjv-llama"], Ids(new ModelQuery { Format = "GGUF" }));
        Assert.Equal(["kjv-llama"], Ids(new ModelQuery { Tags = ["y", "x"] }));
        Assert.Equal(["kjv-llama"], Ids(new ModelQuery { BaseModel = "qwen/*" }));
        Assert.Empty(Ids(new ModelQuery { BaseModel = "qwen/*", Role = "asm" }));
    }
}
