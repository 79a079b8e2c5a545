using System.Security.Cryptography;
using System.Text.Json;
using HafsModels.Conversion;
using HafsModels.Formats.Gguf;
using HafsModels.Registry;
using HafsModels.Tests.Tokenizers;
using Xunit;

namespace HafsModels.Tests.Conversion;

/// <summary>Where a model comes from, on its way into a GGUF file and back into a registry (docs/provenance.md).</summary>
public sealed class ProvenanceTests : IDisposable
{
    private const string Card = """
        ---
        license: apache-2.0
        language: [en, la]
        tags: [bible, king-james]
        pipeline_tag: text-generation
        base_model: [org/first, org/second]
        datasets: [org/verses, org/psalms]
        model_creator: Somebody
        model_description: Completes verses.
        quantized_by: nobody
        ---
        # Text
        """;

    private readonly ScratchFolder scratch = new();

    private string Folder => Path.Combine(scratch.Path, "kjv-llama");

    private Workbench Workbench => new(Path.Combine(scratch.Path, "registry.json"));

    public void Dispose() => scratch.Dispose();

    [Fact]
    public void Run_is_written_under_the_keys_of_entrenar_with_typed_metrics()
    {
        Register();

        using GgufFile file = Open(Convert(new() { ModelId = "kjv-llama" }));

        string[] keys = [.. file.Metadata.Where(m => m.Key.StartsWith("entrenar.", StringComparison.Ordinal)).Select(m => m.Key)];
        Assert.Equal(["entrenar.experiment_id", "entrenar.run_id", "entrenar.timestamp", "entrenar.dataset_id", "entrenar.base_model_id", "entrenar.git_commit", "entrenar.metric.best_loss"], keys[..7]);
        Assert.Equal(("verses-family", "kjv-llama", "kjv", "org/first", "0123abc"), (Text(file, "experiment_id"), Text(file, "run_id"), Text(file, "dataset_id"), Text(file, "base_model_id"), Text(file, "git_commit")));
        Model model = Workbench.Get("kjv-llama");
        Assert.Equal(model.EvalLoss, Assert.IsType<double>(file.Find("entrenar.metric.eval_loss")!.Value));
        Assert.Equal(0.003, file.Find("entrenar.custom.hyperparameter.learning_rate")!.Value);
        Assert.Equal(1611L, file.Find("entrenar.custom.hyperparameter.seed")!.Value);
        Assert.Equal("adamw_torch", file.Find("entrenar.custom.hyperparameter.optim")!.Value);
        Assert.Equal(16L, file.Find("entrenar.custom.lora.r")!.Value);
        Assert.Equal(["q_proj", "v_proj"], Assert.IsType<string[]>(file.Find("entrenar.custom.lora.target_modules")!.Value));
        Assert.EndsWith("Z", Text(file, "timestamp"), StringComparison.Ordinal);
        Assert.Equal("nobody", file.Find("general.quantized_by")!.Value);
        Assert.Equal(2u, file.Find("general.quantization_version")!.Value);
    }

    [Fact]
    public void Nothing_of_this_machine_gets_into_a_file()
    {
        Register();
        Workbench.Update("kjv-llama", m => m with { BaseModel = "/home/me/base", DatasetName = @"C:\data\verses", Hyperparameters = new Dictionary<string, object?> { ["output_dir"] = "out", ["hub_token"] = "hf_x", ["resume"] = "/home/me/checkpoint", ["lr"] = 0.5 } }, default);

        using GgufFile file = Open(Convert(new() { ModelId = "kjv-llama", Provenance = ProvenanceDetail.Full }));

        Assert.Equal(["entrenar.custom.hyperparameter.lr"], file.Metadata.Select(m => m.Key).Where(k => k.Contains("hyperparameter", StringComparison.Ordinal)));
        Assert.Null(file.Find("entrenar.base_model_id"));
        Assert.Null(file.Find("entrenar.dataset_id"));
        Assert.DoesNotContain(file.Metadata, m => m.Value.Value is string text && text.Contains(scratch.Path, StringComparison.Ordinal));
    }

    [Fact]
    public void File_of_a_folder_has_the_keys_of_the_reference_alone_unless_more_is_asked_for()
    {
        Prepare();
        byte[] plain = File.ReadAllBytes(Convert(new() { Path = Folder }).Path);

        Assert.Equal(plain, File.ReadAllBytes(Convert(new() { Path = Folder, Provenance = ProvenanceDetail.None, SkipSourceHash = true }).Path));
        using GgufFile full = Open(Convert(new() { Path = Folder, Provenance = ProvenanceDetail.Full })), bare = OpenBytes(plain);
        Assert.Equal("kjv-llama", Text(full, "run_id"));
        Assert.Equal(["entrenar", "hafs"], Keys(full).Except(Keys(bare)).Select(k => k.Split('.')[0]).Distinct());
    }

    [Fact]
    public void Registered_model_without_a_run_converts_to_the_same_bytes_as_its_folder()
    {
        Prepare();
        foreach (string name in new[] { "trainer_state.json", "training_args.json" })
            File.Delete(Path.Combine(Folder, name));
        Workbench.Register(new RegisterRequest { Path = Folder }, default);

        string registered = Convert(new() { ModelId = "kjv-llama" }).Sha256;

        Assert.Equal(Convert(new() { Path = Folder }).Sha256, registered);
    }

    [Fact]
    public void Hashes_of_the_weight_files_stand_in_the_file_and_in_the_registry_and_tell_when_one_changes()
    {
        using var shards = new ScratchFolder();
        foreach (string file in Directory.EnumerateFiles(Repository.PathOf("tests", "models", "kjv-qwen2")))
            shards.Copy(file);
        Workbench.Register(new RegisterRequest { Path = shards.Path, Id = "qwen" }, default);

        Artifact artifact = Convert(new() { ModelId = "qwen", Provenance = ProvenanceDetail.Full });

        var expected = Directory.EnumerateFiles(shards.Path, "*.safetensors").Order(StringComparer.Ordinal).ToDictionary(f => Path.GetFileName(f)!, Sha256);
        Assert.Equal(3, expected.Count);
        Assert.Equal(expected, artifact.SourceSha256);
        Assert.Equal(Sha256(artifact.Path), artifact.Sha256);
        using (GgufFile file = Open(artifact))
            Assert.Equal(expected, GgufOrigin.Of(file.Metadata).SourceSha256);
        Model model = Workbench.Get("qwen");
        Assert.Equal(expected, Assert.Single(model.Artifacts).SourceSha256);
        Assert.All(ModelVerification.Check(model, null, default), check => Assert.Equal(ArtifactStatus.Unchanged, check.Status));
        File.AppendAllText(Path.Combine(shards.Path, "model-00002-of-00003.safetensors"), "x");
        ArtifactCheck changed = Assert.Single(ModelVerification.Check(model, null, default), check => check.Status != ArtifactStatus.Unchanged);
        Assert.Equal(("source", "model-00002-of-00003.safetensors"), (changed.Kind, Path.GetFileName(changed.Path)));
    }

    [Fact]
    public void Merged_adapter_is_a_source_as_well_and_its_training_is_told()
    {
        string @base = Repository.PathOf("tests", "models", "kjv-llama"), adapter = Repository.PathOf("tests", "models", "kjv-llama-lora");
        Workbench.Register(new RegisterRequest { Path = @base }, default);
        Workbench.Register(new RegisterRequest { Path = adapter }, default);

        Artifact artifact = Convert(new() { ModelId = "kjv-llama", Adapter = "kjv-llama-lora" });

        Assert.Equal(
            new Dictionary<string, string> { ["model.safetensors"] = Sha256(Path.Combine(@base, "model.safetensors")), [Path.Combine(adapter, "adapter_model.safetensors")] = Sha256(Path.Combine(adapter, "adapter_model.safetensors")) },
            artifact.SourceSha256);
        Assert.All(ModelVerification.Check(Workbench.Get("kjv-llama"), null, default), check => Assert.Equal(ArtifactStatus.Unchanged, check.Status));
        using GgufFile file = Open(artifact);
        Assert.Equal(("kjv-llama-lora", "kjv-llama"), (Text(file, "run_id"), Text(file, "base_model_id")));
        Assert.Equal(32L, file.Find("entrenar.custom.lora.lora_alpha")!.Value);
    }

    [Fact]
    public void Source_of_a_requantized_file_is_that_file_and_its_keys_go_along()
    {
        Prepare();
        Artifact first = Convert(new() { Path = Folder, Provenance = ProvenanceDetail.Full });

        Artifact second = Workbench.Convert(new ConvertRequest { Path = first.Path, Quantization = "Q8_0", OutputPath = Path.Combine(scratch.Path, "second.gguf"), SkipVerification = true }, null, default);

        Assert.Equal(new Dictionary<string, string> { [Path.GetFileName(first.Path)] = first.Sha256 }, second.SourceSha256);
        using GgufFile file = Open(second);
        Assert.Equal(Sha256(Path.Combine(Folder, "model.safetensors")), GgufOrigin.Of(file.Metadata).SourceSha256["model.safetensors"]);
        Assert.Equal("kjv-llama", Text(file, "run_id"));
        Assert.Empty(Workbench.Convert(new ConvertRequest { Path = first.Path, Quantization = "Q8_0", OutputPath = Path.Combine(scratch.Path, "third.gguf"), SkipVerification = true, SkipSourceHash = true }, null, default).SourceSha256);
    }

    [Fact]
    public void Change_of_a_registered_gguf_file_is_found_by_what_was_made_of_it()
    {
        Prepare();
        string source = Convert(new() { Path = Folder }).Path;
        Workbench.Register(new RegisterRequest { Path = source, Id = "file" }, default);
        Workbench.Convert(new ConvertRequest { ModelId = "file", Quantization = "Q8_0", OutputPath = Path.Combine(scratch.Path, "elsewhere", "q.gguf"), SkipVerification = true }, null, default);

        ArtifactStatus Status() => ModelVerification.Check(Workbench.Get("file"), null, default).Single(c => c.Kind == "source" && c.Path == source).Status;
        Assert.Equal(ArtifactStatus.Unchanged, Status());
        File.AppendAllText(source, "x");
        Assert.Equal(ArtifactStatus.Changed, Status());
    }

    [Fact]
    public void Hashing_stops_when_it_is_told_to_and_says_which_file_cannot_be_read()
    {
        string path = Path.Combine(scratch.Path, "large.bin");
        using (FileStream large = File.Create(path))
            large.SetLength(64L << 30);
        using var stop = new CancellationTokenSource();
        var reports = new List<WorkProgress>();
        using (var hashes = new SourceHashes([path], stop.Token))
        {
            var progress = new Reports(report =>
            {
                reports.Add(report);
                stop.Cancel();
            });
            Assert.ThrowsAny<OperationCanceledException>(() => hashes.Wait("Converting", progress));
        }

        Assert.Equal(("Converting", 64L << 30), (reports[0].Activity, reports[0].TotalBytes));
        Assert.InRange(reports[0].CompletedBytes, 0, (64L << 30) - 1);

        HafsException error = Assert.Throws<HafsException>(() => new SourceHashes([Path.Combine(scratch.Path, "gone.bin")], default));
        Assert.Equal("SourceNotHashed", error.Id);
        Assert.Contains("gone.bin", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Registry_gets_back_from_the_file_what_it_knew()
    {
        Register();
        Workbench.Update("kjv-llama", m => m with { DisplayName = "King James", Version = "v1.2", Role = "verses", Group = "bible", Hardware = "2 cores", Device = "cpu", TrainSamples = 31_102, DatasetQuality = new Dictionary<string, object?> { ["duplicates"] = 0.25 } }, default);
        Model before = Workbench.Get("kjv-llama");
        string path = Convert(new() { ModelId = "kjv-llama" }).Path;
        Workbench.Unregister("kjv-llama", deleteFiles: false, default);

        Workbench.Register(new RegisterRequest { Path = path, Id = "again" }, default);
        Model after = Workbench.Get("again");

        Assert.Equal(Facts(before), Facts(after));
        Assert.Equal(("Somebody", "apache-2.0", "Completes verses."), (after.Author, after.License, after.Description));
        Assert.Equal(["en", "la"], after.Languages);
        Assert.Equal(["bible", "king-james", "text-generation"], after.Tags.Order(StringComparer.Ordinal));
        Assert.Equal(("verses-family", "kjv-llama"), (after.Experiment!.ExperimentId, after.Experiment.RunId));
        Assert.Equal([new(ModelParentKind.Base, "org/second"), new(ModelParentKind.Dataset, "org/psalms")], after.Parents);
        Assert.Empty(after.Warnings);
    }

    [Fact]
    public void Run_that_another_program_wrote_is_read_and_comes_out_again()
    {
        // As entrenar's exporter spells them: text throughout.
        string path = WithKeys("theirs.gguf", [
            new("general.name", "Theirs"), new("entrenar.experiment_id", "exp 001: first"), new("entrenar.run_id", "run-123"), new("entrenar.timestamp", "2024-01-15T10:30:00+00:00"), new("entrenar.config_hash", "abc123"),
            new("entrenar.dataset_id", "imagenet-1k"), new("entrenar.base_model_id", "llama-7b"), new("entrenar.git_commit", "deadbeef"), new("entrenar.metric.loss", "0.125"), new("entrenar.metric.accuracy", "0.92"), new("entrenar.custom.framework", "entrenar"), new("entrenar.custom.layers", new[] { 1, 2 })]);

        Workbench.Register(new RegisterRequest { Path = path }, default);
        Model model = Workbench.Get("theirs");

        Assert.Equal(("Theirs", "llama-7b", "imagenet-1k", "deadbeef", 0.125, "exp-001-first"), (model.DisplayName, model.BaseModel, model.DatasetName, model.GitCommit, model.FinalLoss, model.Family));
        Assert.Equal(new DateTimeOffset(2024, 1, 15, 10, 30, 0, TimeSpan.Zero), model.Experiment!.Timestamp);
        Dictionary<string, GgufValue> keys = ModelProvenance.Of(model).ToMetadata().ToDictionary();
        Assert.Equal(("exp 001: first", "run-123", "abc123", 0.92, "entrenar"), (keys["entrenar.experiment_id"].Value, keys["entrenar.run_id"].Value, keys["entrenar.config_hash"].Value, keys["entrenar.metric.accuracy"].Value, keys["entrenar.custom.framework"].Value));
        Assert.Equal("2024-01-15T10:30:00Z", keys["entrenar.timestamp"].Value);
        Assert.Equal([1L, 2L], Assert.IsType<long[]>(keys["entrenar.custom.layers"].Value));
    }

    [Fact]
    public void What_is_asked_for_stands_before_what_the_file_says()
    {
        string path = WithKeys("named.gguf", [new("general.name", "Told"), new("entrenar.run_id", "r"), new("entrenar.base_model_id", "told"), new("entrenar.custom.role", "told")]);

        Model model = Workbench.Describe(new RegisterRequest { Path = path, DisplayName = "Given", BaseModel = "given", Role = "given" });

        Assert.Equal(("Given", "given", "given"), (model.DisplayName, model.BaseModel, model.Role));
    }

    [Fact]
    public void File_that_cannot_be_read_is_registered_with_a_warning()
    {
        string path = Path.Combine(scratch.Path, "damaged.gguf");
        File.WriteAllText(path, "GGUF");

        Model model = Workbench.Register(new RegisterRequest { Path = path }, default);

        Assert.Contains("is not recorded", Assert.Single(model.Warnings), StringComparison.Ordinal);
        Assert.Equal("damaged", Workbench.Get("damaged").DisplayName);
    }

    [Fact]
    public void Broken_model_card_is_a_warning_of_registration_and_conversion()
    {
        Prepare();
        File.WriteAllText(Path.Combine(Folder, "README.md"), "---\nlicense: [mit\n---\n");

        Assert.Contains("README.md", Assert.Single(Workbench.Register(new RegisterRequest { Path = Folder }, default).Warnings), StringComparison.Ordinal);
        Assert.Contains("README.md", Assert.Single(Workbench.PlanConversion(new ConvertRequest { ModelId = "kjv-llama" }).Warnings), StringComparison.Ordinal);
        Assert.True(File.Exists(Convert(new() { ModelId = "kjv-llama" }).Path));
    }

    [Fact]
    public void What_the_registry_says_goes_before_the_model_card()
    {
        Register();
        DateTime changed = DateTime.Parse(Workbench.Get("kjv-llama").UpdatedAt, System.Globalization.CultureInfo.InvariantCulture);
        Workbench.Update("kjv-llama", m => m with { License = "mit", Languages = ["grc"] }, default);

        Model model = Workbench.Get("kjv-llama");
        using GgufFile file = Open(Convert(new() { ModelId = "kjv-llama" }));

        Assert.Equal(("mit", "mit", "Somebody"), (model.License, file.Find("general.license")!.Value, file.Find("general.author")!.Value));
        Assert.Equal(["grc"], model.Languages);
        Assert.True(DateTime.Parse(model.UpdatedAt, System.Globalization.CultureInfo.InvariantCulture) > changed);
        using GgufFile asked = Open(Convert(new() { ModelId = "kjv-llama", License = "bsd-3-clause" }));
        Assert.Equal("bsd-3-clause", asked.Find("general.license")!.Value);
    }

    [SkippableFact]
    public void The_real_llama_cpp_reads_a_file_with_all_keys_and_carries_them_on()
    {
        Register();
        Artifact artifact = Convert(new() { ModelId = "kjv-llama", Provenance = ProvenanceDetail.Full });
        string theirs = Path.Combine(scratch.Path, "theirs.gguf");

        LlamaProgram.Run("llama-quantize", artifact.Path, theirs, "Q8_0");

        using GgufFile ours = Open(artifact), copied = GgufFile.Open(theirs);
        string[] carried = [.. Keys(ours).Where(k => k.StartsWith("entrenar.", StringComparison.Ordinal) || k.StartsWith("hafs.", StringComparison.Ordinal))];
        Assert.True(carried.Length > 20);
        Assert.All(carried, key => Assert.Equal(JsonSerializer.Serialize(ours.Find(key)!.Value), JsonSerializer.Serialize(copied.Find(key)!.Value)));
    }

    private static string Facts(Model model) => JsonSerializer.Serialize(new
    {
        model.DisplayName,
        model.Version,
        model.BaseModel,
        model.Role,
        model.Group,
        model.TrainingDate,
        model.TrainingDurationMinutes,
        model.DatasetName,
        model.TrainSamples,
        model.ValidationSamples,
        model.TestSamples,
        model.FinalLoss,
        model.BestLoss,
        model.EvalLoss,
        model.Perplexity,
        model.Hardware,
        model.Device,
        model.GitCommit,
        model.Family,
        model.Author,
        model.License,
        model.Description,
        model.Languages,
        model.Parents,
        Tags = model.Tags.Order(StringComparer.Ordinal),
        Lora = model.LoraConfig.OrderBy(p => p.Key, StringComparer.Ordinal),
        Quality = model.DatasetQuality,
        Settings = model.Hyperparameters.Where(p => p.Key != "output_dir").OrderBy(p => p.Key, StringComparer.Ordinal),
    });

    private void Prepare()
    {
        Directory.CreateDirectory(Folder);
        foreach (string file in Directory.EnumerateFiles(Repository.PathOf("tests", "models", "kjv-llama")))
            File.Copy(file, Path.Combine(Folder, Path.GetFileName(file)), overwrite: true);
        File.WriteAllText(Path.Combine(Folder, "README.md"), Card);
    }

    private void Register()
    {
        Prepare();
        Workbench.Register(new RegisterRequest { Path = Folder, BaseModel = "org/first" }, default);
        Workbench.Update("kjv-llama", m => m with { GitCommit = "0123abc", LoraConfig = new Dictionary<string, object?> { ["r"] = 16L, ["target_modules"] = new[] { "q_proj", "v_proj" }, ["alpha_pattern"] = new Dictionary<string, object?> { ["q_proj"] = 8L } } }, default);
        Workbench.Registry.SetFamily("kjv-llama", "verses-family", default);
    }

    private Artifact Convert(ConvertRequest request) => Workbench.Convert(
        request with { Quantization = "F16", OutputPath = Path.Combine(scratch.Path, $"{Guid.NewGuid():N}.gguf"), SkipVerification = true }, null, default);

    private string WithKeys(string name, IEnumerable<KeyValuePair<string, object>> keys)
    {
        string path = Path.Combine(scratch.Path, name);
        (_, byte[] header, long bytes) = GgufHeader.Build([new("general.architecture", new("llama")), .. keys.Select(k => new KeyValuePair<string, GgufValue>(k.Key, new(k.Value)))], []);
        using FileStream file = File.Create(path);
        file.Write(header);
        file.SetLength(bytes);
        return path;
    }

    private sealed class Reports(Action<WorkProgress> take) : IProgress<WorkProgress>
    {
        public void Report(WorkProgress value) => take(value);
    }

    private static GgufFile Open(Artifact artifact) => GgufFile.Open(artifact.Path);

    private GgufFile OpenBytes(byte[] bytes)
    {
        string path = Path.Combine(scratch.Path, "plain.gguf");
        File.WriteAllBytes(path, bytes);
        return GgufFile.Open(path);
    }

    private static IEnumerable<string> Keys(GgufFile file) => file.Metadata.Select(m => m.Key);

    private static string? Text(GgufFile file, string key) => file.Find("entrenar." + key)?.Value as string;

    private static string Sha256(string path) => System.Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)));
}
