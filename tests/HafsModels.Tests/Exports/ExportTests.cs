using System.Text.Json;
using System.Text.Json.Nodes;
using HafsModels.Conversion;
using HafsModels.Exports;
using HafsModels.Exports.Ollama;
using HafsModels.Exports.Verification;
using HafsModels.Inference.Onnx;
using HafsModels.Registry;
using HafsModels.Tensors;
using HafsModels.Tests.Tokenizers;
using Xunit;

namespace HafsModels.Tests.Exports;

public class ExportTests
{
    // Graphs are run where ONNX Runtime is; OnnxFormatTests say where it is not.
    internal static readonly string[] AllFormats = [.. ExportFormats.All.Select(f => f.Name).Where(name => name != "Onnx" || OnnxRuntimeLibrary.Find() is not null)];

    public static TheoryData<string> Models => ["kjv-llama", "kjv-llama-gospels", "kjv-qwen2", "kjv-llama-lora"];

    [Theory]
    [MemberData(nameof(Models))]
    public void Every_model_exports_in_every_format_verifies_and_runs(string model)
    {
        using var scratch = new ScratchFolder();
        var workbench = new Workbench(Path.Combine(scratch.Path, "registry.json"));
        string[] before = Directory.GetFileSystemEntries(Repository.PathOf("tests", "models"), "*", SearchOption.AllDirectories);

        IReadOnlyList<PlannedExport> plans = workbench.PlanExport(Request(model, scratch));
        IReadOnlyList<ExportResult> results = workbench.Export(Request(model, scratch), null, CancellationToken.None);

        Assert.Equal(AllFormats, results.Select(r => r.Format));
        foreach ((PlannedExport plan, ExportResult result) in plans.Zip(results))
        {
            Assert.True(result.Success, result.Message);
            Assert.True(result.VerificationPassed);
            Assert.Equal(Path.Combine(scratch.Path, "out", model, plan.Format.ToLowerInvariant()), result.OutputPath);

            // What was announced is what was written, to the byte.
            Assert.Equal(plan.SizeBytes, result.SizeBytes);
            Assert.Equal(plan.Files.Select(f => (Path.Combine(result.OutputPath, f.Key), f.Value)).Order(), result.Artifacts.Select(a => (a, new FileInfo(a).Length)).Order());

            ExportVerification again = Workbench.TestExport(result.OutputPath, new ExportTestOptions(), null, CancellationToken.None);
            Assert.True(again.Passed, again.Problem);
            Assert.True(again.HasModelWeights);
            Assert.NotEmpty(again.SampleOutput);
            Assert.Equal(result.VerificationDetails!.SampleOutput, again.SampleOutput);
            Assert.Contains(again.Checks, c => c.Name == "run" && c.Passed);
            Assert.Contains(again.Checks, c => c.Name == "files" && c.Passed);
        }

        Assert.Equal(before, Directory.GetFileSystemEntries(Repository.PathOf("tests", "models"), "*", SearchOption.AllDirectories));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(scratch.Path, "out"), "*.partial", SearchOption.AllDirectories));
    }

    [Theory]
    [InlineData("kjv-llama")]
    [InlineData("kjv-llama-gospels")]
    [InlineData("kjv-llama-lora")]
    public void A_hugging_face_export_converts_to_the_same_gguf_bytes_as_the_model(string model)
    {
        using var scratch = new ScratchFolder();
        var workbench = new Workbench(Path.Combine(scratch.Path, "registry.json"));

        // A merged adapter is rounded when it is stored in the base model's type; in F32 nothing is lost.
        string export = workbench.Export(
            Request(model, scratch) with { Formats = ["HuggingFace"], MaxShardBytes = 2_000_000, DataType = model == "kjv-llama-lora" ? ElementType.F32 : null, SkipVerification = true }, null, CancellationToken.None)[0].OutputPath;

        // A GGUF file is named after its folder.
        string renamed = Path.Combine(scratch.Path, model);
        Directory.Move(export, renamed);
        Artifact Converted(string path, string output) =>
            workbench.Convert(new ConvertRequest { Path = path, OutputPath = Path.Combine(scratch.Path, output), SkipVerification = true }, null, CancellationToken.None);
        Artifact direct = Converted(Repository.PathOf("tests", "models", model), "direct.gguf"), through = Converted(renamed, "through.gguf");

        Assert.Equal(direct.Sha256, through.Sha256);
        Assert.True(Directory.GetFiles(renamed, "*.safetensors").Length > 1);
    }

    [Fact]
    public void Gguf_files_of_all_formats_are_the_ones_that_conversion_writes()
    {
        using var scratch = new ScratchFolder();
        var workbench = new Workbench(Path.Combine(scratch.Path, "registry.json"));
        ExportRequest request = Request("kjv-qwen2", scratch) with { Formats = ["Gguf", "Ollama", "LMStudio"], Quantizations = ["Q4_K_M", "q8_0", "BF16", "Q4_K_M"] };

        IReadOnlyList<ExportResult> results = workbench.Export(request, null, CancellationToken.None);

        foreach (string quantization in (string[])["Q4_K_M", "Q8_0", "BF16"])
        {
            byte[] expected = Convert(workbench, scratch, quantization);
            string[] files = [.. results.SelectMany(r => r.Artifacts).Where(a => a.EndsWith(quantization + ".gguf", StringComparison.Ordinal))];
            Assert.Equal(3, files.Length);
            Assert.All(files, f => Assert.Equal(expected, File.ReadAllBytes(f)));
        }

        Assert.Equal(["./kjv-qwen2-Q4_K_M.gguf"], Modelfile.Read(Path.Combine(results[1].OutputPath, "Modelfile")).From);
        Assert.Equal(["./kjv-qwen2-Q8_0.gguf"], Modelfile.Read(Path.Combine(results[1].OutputPath, "Modelfile.Q8_0")).From);
    }

    [Fact]
    public void A_gguf_file_is_exported_again_but_not_to_hugging_face()
    {
        using var scratch = new ScratchFolder();
        var workbench = new Workbench(Path.Combine(scratch.Path, "registry.json"));
        File.WriteAllBytes(Path.Combine(scratch.Path, "kjv-BF16.gguf"), Convert(workbench, scratch, "BF16"));
        ExportRequest request = Request("x", scratch) with { Path = Path.Combine(scratch.Path, "kjv-BF16.gguf"), Formats = ["Ollama", "LMStudio"], Quantizations = ["Q8_0", "BF16"] };

        IReadOnlyList<ExportResult> results = workbench.Export(request, null, CancellationToken.None);

        Assert.All(results, r => Assert.True(r.Success, r.Message));
        HafsException error = Assert.Throws<HafsException>(() => workbench.Export(request with { Formats = ["Ollama", "HuggingFace"] }, null, CancellationToken.None));
        Assert.Equal("HuggingFaceFromGguf", error.Id);
    }

    [Fact]
    public void An_export_of_a_registered_model_by_version_is_recorded_and_can_be_deployed()
    {
        using var scratch = new ScratchFolder();
        var workbench = new Workbench(Path.Combine(scratch.Path, "registry.json"));
        workbench.Register(new RegisterRequest { Path = Repository.PathOf("tests", "models", "kjv-llama"), Id = "bible" }, CancellationToken.None);
        workbench.Update("bible", m => m with { Version = "1.2.0" }, CancellationToken.None);

        IReadOnlyList<ExportResult> results = workbench.Export(Request("x", scratch) with { Path = null, ModelId = "bible@1.2.0", Formats = ["Ollama", "HuggingFace"], OutputPath = Path.Combine(scratch.Path, "out") }, null, CancellationToken.None);

        Assert.All(results, r => Assert.Equal("bible", r.Model));
        Model model = workbench.Get("bible");
        Assert.Equal(["gguf", "safetensors"], model.Artifacts.Select(a => a.Format).Order());
        Assert.All(model.Artifacts, a => Assert.True(File.Exists(a.Path)));
        Assert.All(ModelVerification.Check(model, null, CancellationToken.None), c => Assert.True(c.Passed));
        Assert.Contains("| version | 1.2.0 |", File.ReadAllText(Path.Combine(results[1].OutputPath, "README.md")), StringComparison.Ordinal);

        // The file of the earlier quantization is gone, and so is its record.
        workbench.Export(Request("x", scratch) with { Path = null, ModelId = "bible", Formats = ["Ollama"], Quantizations = ["Q8_0"], OutputPath = Path.Combine(scratch.Path, "out") }, null, CancellationToken.None);
        Assert.Equal(["", "Q8_0"], workbench.Get("bible").Artifacts.Select(a => a.Quantization).Order());
    }

    [Fact]
    public void What_is_unchanged_is_not_written_again_and_what_changed_is()
    {
        using var scratch = new ScratchFolder();
        string model = CopyModel("kjv-llama", scratch);
        var workbench = new Workbench(Path.Combine(scratch.Path, "registry.json"));
        ExportRequest request = Request("x", scratch) with { Path = model, Formats = ["Gguf", "HuggingFace"] };
        IReadOnlyList<ExportResult> first = workbench.Export(request, null, CancellationToken.None);
        DateTime[] written = [.. first.SelectMany(r => r.Artifacts).Select(File.GetLastWriteTimeUtc)];

        IReadOnlyList<ExportResult> second = workbench.Export(request, null, CancellationToken.None);
        Assert.All(second, r => Assert.True(r is { Success: true, Skipped: true }));
        Assert.Equal(first.Select(r => r.SizeBytes), second.Select(r => r.SizeBytes));
        Assert.Equal(written, second.SelectMany(r => r.Artifacts).Select(File.GetLastWriteTimeUtc));

        // Another setting, a touched source, force: each writes again. What concerns one format leaves the other.
        Assert.Equal([ExportState.Replaces, ExportState.Unchanged], workbench.PlanExport(request with { Quantizations = ["Q8_0"] }).Select(p => p.State));
        Assert.All(workbench.PlanExport(request with { Force = true }), p => Assert.Equal(ExportState.Replaces, p.State));
        File.SetLastWriteTimeUtc(Path.Combine(model, "model.safetensors"), DateTime.UtcNow.AddMinutes(1));
        Assert.All(workbench.Export(request, null, CancellationToken.None), r => Assert.False(r.Skipped));

        // What was changed by hand is not lost unless that is asked for, and what is no export is never replaced.
        File.AppendAllText(Path.Combine(first[1].OutputPath, "README.md"), "My own words.");
        Assert.Equal("OutputExists", Assert.Throws<HafsException>(() => workbench.Export(request, null, CancellationToken.None)).Id);
        Assert.All(workbench.Export(request with { Force = true }, null, CancellationToken.None), r => Assert.True(r.Success));
        Directory.Delete(first[0].OutputPath, true);
        Directory.CreateDirectory(first[0].OutputPath);
        File.WriteAllText(Path.Combine(first[0].OutputPath, "thesis.txt"), "years of work");
        Assert.Equal("OutputIsNoExport", Assert.Throws<HafsException>(() => workbench.Export(request with { Force = true }, null, CancellationToken.None)).Id);
        Assert.Equal("years of work", File.ReadAllText(Path.Combine(first[0].OutputPath, "thesis.txt")));
    }

    [Fact]
    public void Results_have_the_names_of_the_export_interface()
    {
        using var scratch = new ScratchFolder();
        ExportResult result = new Workbench(Path.Combine(scratch.Path, "registry.json")).Export(Request("kjv-llama", scratch) with { Formats = ["Ollama"] }, null, CancellationToken.None)[0];

        using JsonDocument json = JsonDocument.Parse(result.ToJson());

        foreach (string name in (string[])["success", "format", "output_path", "artifacts", "size_bytes", "message", "verification_passed", "verification_details"])
            Assert.True(json.RootElement.TryGetProperty(name, out _), name);
        JsonElement details = json.RootElement.GetProperty("verification_details");
        Assert.True(details.GetProperty("has_model_weights").GetBoolean());
        Assert.Equal(0, details.GetProperty("missing_required_files").GetArrayLength());
        Assert.Contains("Modelfile", details.GetProperty("found_files").EnumerateArray().Select(f => f.GetString()));
    }

    [Fact]
    public void Settings_of_the_model_and_of_the_user_stand_in_the_modelfile()
    {
        using var scratch = new ScratchFolder();
        string model = CopyModel("kjv-llama", scratch);
        File.WriteAllText(Path.Combine(model, "generation_config.json"), """{"do_sample": true, "temperature": 0.6, "top_p": 0.95, "repetition_penalty": 1.05, "eos_token_id": [2047, 2045]}""");
        File.WriteAllText(Path.Combine(model, "LICENSE"), "Do \"what\"\u00a0you want.\n\fPage 2\n");
        ExportRequest request = Request("x", scratch) with
        {
            Path = model,
            Formats = ["Ollama"],
            System = "Speak\u200b plainly.\nAlways.",
            Parameters = new Dictionary<string, string> { ["temperature"] = "0.2", ["seed"] = "7" },
        };
        var workbench = new Workbench(Path.Combine(scratch.Path, "registry.json"));

        Modelfile file = Modelfile.Read(Path.Combine(workbench.Export(request, null, CancellationToken.None)[0].OutputPath, "Modelfile"));

        Assert.Equal("Speak plainly.\nAlways.", file.System);
        Assert.Equal(["Do \"what\" you want.\n Page 2\n"], file.Licenses);
        Assert.Contains(workbench.PlanExport(request)[0].Warnings, w => w.Contains("print nothing", StringComparison.Ordinal));
        Assert.Equal([new("num_ctx", "512"), new("repeat_penalty", "1.05"), new("seed", "7"), new("temperature", "0.2"), new("top_p", "0.95")], file.Parameters.Where(p => p.Key != "stop"));
        Assert.Equal(["<|im_end|>", "<|endoftext|>", "<|im_start|>"], file.Stops);
        Assert.Equal("OllamaParameter", Assert.Throws<HafsException>(() => workbench.PlanExport(request with { Parameters = new Dictionary<string, string> { ["temperatur"] = "1" } })).Id);
        Assert.Equal("GoTemplateInvalid", Assert.Throws<HafsException>(() => workbench.PlanExport(request with { Template = "{{ if }}" })).Id);
    }

    [Fact]
    public void Weights_are_shared_out_over_files_and_stored_as_asked()
    {
        using var scratch = new ScratchFolder();
        ExportResult result = new Workbench(Path.Combine(scratch.Path, "registry.json"))
            .Export(Request("kjv-llama", scratch) with { Formats = ["HuggingFace"], MaxShardBytes = 3_000_000, DataType = ElementType.F16 }, null, CancellationToken.None)[0];

        Assert.True(result.Success, result.Message);
        string[] shards = [.. result.Artifacts.Where(a => a.EndsWith(".safetensors", StringComparison.Ordinal))];
        Assert.True(shards.Length > 2);
        Assert.All(shards, s => Assert.True(new FileInfo(s).Length < 3_000_000 + 10_000));
        Assert.Contains("\"float16\"", File.ReadAllText(Path.Combine(result.OutputPath, "config.json")), StringComparison.Ordinal);
        using var folder = HafsModels.Architectures.ModelFolder.Open(result.OutputPath);
        Assert.All(folder.Tensors.Where(t => t.SourceBytes > 0), t => Assert.Equal(ElementType.F16, t.Type));
    }

    [Fact]
    public void A_model_of_links_as_in_the_hubs_cache_is_exported_and_a_copied_export_is_still_one()
    {
        using var scratch = new ScratchFolder();
        string links = Directory.CreateDirectory(Path.Combine(scratch.Path, "snapshot")).FullName;
        foreach (string file in Directory.GetFiles(Repository.PathOf("tests", "models", "kjv-qwen2")))
            File.CreateSymbolicLink(Path.Combine(links, Path.GetFileName(file)), file);
        var workbench = new Workbench(Path.Combine(scratch.Path, "registry.json"));
        ExportRequest request = Request("x", scratch) with { Path = links, Formats = ["HuggingFace", "Gguf"], Quantizations = ["Q8_0"] };

        IReadOnlyList<ExportResult> results = workbench.Export(request, null, CancellationToken.None);

        Assert.All(results, r => Assert.True(r.Success, r.Message));
        Assert.All(results.SelectMany(r => r.Artifacts), a => Assert.Null(new FileInfo(a).LinkTarget));

        // A copy has other times; its contents are what counts.
        foreach (string artifact in results.SelectMany(r => r.Artifacts))
            File.SetLastWriteTimeUtc(artifact, DateTime.UtcNow.AddDays(-1));
        Assert.All(workbench.PlanExport(request), p => Assert.Equal(ExportState.Unchanged, p.State));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("kjv-llama-lora")]
    public void Templates_in_files_of_their_own_go_along(string? adapter)
    {
        using var scratch = new ScratchFolder();
        string model = CopyModel("kjv-llama", scratch), named = Directory.CreateDirectory(Path.Combine(model, "additional_chat_templates")).FullName;
        JsonNode config = JsonNode.Parse(File.ReadAllText(Path.Combine(model, "tokenizer_config.json")))!;
        File.WriteAllText(Path.Combine(model, "chat_template.jinja"), config["chat_template"]!.GetValue<string>());
        File.WriteAllText(Path.Combine(named, "rag.jinja"), "{{ documents }}");
        config.AsObject().Remove("chat_template");
        File.WriteAllText(Path.Combine(model, "tokenizer_config.json"), config.ToJsonString());

        ExportResult[] results = [.. new Workbench(Path.Combine(scratch.Path, "registry.json")).Export(
            Request("x", scratch) with { Path = model, Formats = ["HuggingFace", "Ollama"], Adapter = adapter is null ? null : Repository.PathOf("tests", "models", adapter) }, null, CancellationToken.None)];

        Assert.All(results, r => Assert.True(r.Success, r.Message));
        Assert.Equal("{{ documents }}", File.ReadAllText(Path.Combine(results[0].OutputPath, "additional_chat_templates", "rag.jinja")));
        Assert.Equal("rag", Assert.Single(HafsModels.Tokenizers.Vocabulary.Load(results[0].OutputPath).NamedChatTemplates).Key);
        Assert.Contains(results[1].VerificationDetails!.Checks, c => c.Name == "template" && c.Detail.Contains("renders what the model's own chat template renders", StringComparison.Ordinal));
    }

    [Fact]
    public void Unknown_formats_and_quantizations_are_refused_before_anything_is_written()
    {
        using var scratch = new ScratchFolder();
        var workbench = new Workbench(Path.Combine(scratch.Path, "registry.json"));

        foreach (ExportRequest request in (ExportRequest[])[Request("kjv-llama", scratch) with { Formats = ["Gguf", "Zip"] }, Request("kjv-llama", scratch) with { Quantizations = ["Q8_0", "Q9_Z"] }, Request("kjv-llama", scratch) with { Formats = [] }, Request("kjv-llama", scratch) with { Publisher = "../.." }])
            Assert.Equal(ErrorKind.InvalidArgument, Assert.Throws<HafsException>(() => workbench.Export(request, null, CancellationToken.None)).Kind);

        Assert.False(Directory.Exists(Path.Combine(scratch.Path, "out")));
    }

    internal static ExportRequest Request(string model, ScratchFolder scratch) => new()
    {
        Path = Repository.PathOf("tests", "models", model),
        Formats = AllFormats,
        OutputPath = Path.Combine(scratch.Path, "out"),
    };

    internal static string CopyModel(string model, ScratchFolder scratch)
    {
        string folder = Directory.CreateDirectory(Path.Combine(scratch.Path, "copy of " + model)).FullName;
        foreach (string file in Directory.GetFiles(Repository.PathOf("tests", "models", model)))
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        return folder;
    }

    private static byte[] Convert(Workbench workbench, ScratchFolder scratch, string quantization)
    {
        string output = Path.Combine(scratch.Path, $"expected-{quantization}.gguf");
        workbench.Convert(new ConvertRequest { Path = Repository.PathOf("tests", "models", "kjv-qwen2"), OutputPath = output, Quantization = quantization, SkipVerification = true }, null, CancellationToken.None);
        return File.ReadAllBytes(output);
    }
}
