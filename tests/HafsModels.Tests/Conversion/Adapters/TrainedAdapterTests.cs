using HafsModels.Architectures;
using HafsModels.Conversion;
using HafsModels.Formats.Gguf;
using HafsModels.Inference;
using HafsModels.Registry;
using HafsModels.Tests.Formats.Gguf;
using HafsModels.Tests.Inference;
using Xunit;
using Xunit.Abstractions;

namespace HafsModels.Tests.Conversion.Adapters;

/// <summary>The trained adapter: against the framework that trained it, and as a GGUF adapter against the real llama.cpp.</summary>
public sealed class TrainedAdapterTests(ITestOutputHelper output) : IDisposable
{
    private const int Count = 24;

    private static readonly string BasePath = Repository.PathOf("tests", "models", "kjv-llama"), AdapterPath = Repository.PathOf("tests", "models", "kjv-llama-lora");

    private readonly string folder = Directory.CreateTempSubdirectory("hafs-trained-adapter-").FullName;

    private Workbench Workbench => new(Path.Combine(folder, "registry.json"));

    [Fact]
    public void Base_and_adapter_give_the_logits_of_the_framework_that_trained_them()
    {
        using Decoder decoder = Decoder.Open(new ModelSource(BasePath, AdapterPath), 2, default);
        CheckReference(decoder, 2e-4f);
    }

    [Fact]
    public void A_merged_folder_gives_the_same_logits_and_the_registry_knows_what_it_came_from()
    {
        Workbench.Register(new RegisterRequest { Path = BasePath }, default);
        Workbench.Register(new RegisterRequest { Path = AdapterPath }, default);
        string merged = Path.Combine(folder, "kjv-psalms");
        Model model = Workbench.Merge(new MergeRequest { ModelId = "kjv-llama-lora", OutputPath = merged, DataType = HafsModels.Tensors.ElementType.F32 }, null, default);
        using (Decoder decoder = Decoder.Open(merged, 2, default))
            CheckReference(decoder, 2e-4f);

        Assert.Equal(("kjv-psalms", "kjv-llama", merged), (model.Id, model.BaseModel, model.Path));
        Assert.Null(model.AdapterPath);
        Assert.NotNull(model.FinalLoss);
        Assert.Equal([new ModelParent(ModelParentKind.Adapter, "kjv-llama-lora")], Workbench.Get("kjv-psalms").Parents);
        Fidelity fidelity = FidelityMeasurement.Measure(new ModelSource(BasePath, AdapterPath), merged, new FidelityOptions { MaxTokens = 256 }, default);
        Assert.InRange(fidelity.MeanKlDivergence, 0, 1e-9);
    }

    [Fact]
    public async Task A_registered_adapter_converts_with_its_base_and_its_deployment_is_tested_against_both()
    {
        Workbench.Register(new RegisterRequest { Path = BasePath }, default);
        Workbench.Register(new RegisterRequest { Path = AdapterPath }, default);
        Artifact own = Workbench.Convert(new ConvertRequest { ModelId = "kjv-llama-lora", Quantization = "F32", OutputPath = folder }, null, default);
        Assert.InRange(own.Fidelity!.MeanKlDivergence, 0, 1e-6);
        Artifact given = Workbench.Convert(
            new ConvertRequest { ModelId = "kjv-llama", Adapter = "kjv-llama-lora", Quantization = "F32", OutputPath = Path.Combine(folder, "given.gguf") }, null, default);
        // A file is named after the model it was made of; all else is the same.
        using (GgufFile first = GgufFile.Open(own.Path), second = GgufFile.Open(given.Path))
        {
            GgufTwins.AssertSameTensors(first, second);
            Assert.Equal(Facts(first), Facts(second));
        }

        Assert.Equal(AdapterPath, given.AdapterPath);

        foreach (Artifact artifact in new[] { own, given })
        {
            await Workbench.PublishAsync(new() { ModelId = artifact.ModelId, Backend = "Embedded", ArtifactPath = artifact.Path }, null, default);
            DeploymentTest test = await Workbench.TestAsync(new() { ModelId = artifact.ModelId, Backend = "Embedded" }, null, default);
            Assert.True(test.Passed, test.Message);
            Assert.InRange(test.Fidelity!.MeanKlDivergence, 0, 1e-6);
        }
    }

    private static IEnumerable<(string Key, string Value)> Facts(GgufFile file) =>
        file.Metadata.Where(m => m.Key is not ("general.name" or "general.basename" or "general.finetune" or "general.version")).Select(m => (m.Key, System.Text.Json.JsonSerializer.Serialize(m.Value.Value)));

    [Fact]
    public void An_adapter_whose_base_is_nowhere_says_so_and_what_to_do()
    {
        string alone = Path.Combine(folder, "alone");
        Directory.CreateDirectory(alone);
        foreach (string file in Directory.EnumerateFiles(AdapterPath))
            File.Copy(file, Path.Combine(alone, Path.GetFileName(file)));
        HafsException error = Assert.Throws<HafsException>(() => Workbench.PlanConversion(new ConvertRequest { Path = alone }));
        Assert.Equal("BaseModelNotFound", error.Id);
        Assert.Contains("-MergeAdapter", error.Hint!, StringComparison.Ordinal);
        Assert.Equal(
            "AdapterOnAdapter", Assert.Throws<HafsException>(() => Workbench.PlanConversion(new ConvertRequest { Path = AdapterPath, Adapter = alone })).Id);
    }

    [SkippableTheory]
    [InlineData("F32", 2e-5)]
    [InlineData("F16", 1e-4)]
    [InlineData("BF16", 5e-4)]
    [InlineData("Q8_0", 1e-3)]
    public void The_real_llama_server_answers_with_our_adapter_file_as_the_merged_model_does(string dataType, double noise)
    {
        _ = Peers.LlamaBin;
        string model = Workbench.Convert(new ConvertRequest { Path = BasePath, Quantization = "F32", OutputPath = Path.Combine(folder, "base.gguf"), SkipVerification = true }, null, default).Path;
        Artifact adapter = Workbench.ConvertAdapter(new AdapterConvertRequest { Path = AdapterPath, DataType = dataType, OutputPath = folder }, null, default);
        Assert.Equal(new FileInfo(adapter.Path).Length, adapter.SizeBytes);
        using Decoder merged = Decoder.Open(new ModelSource(BasePath, AdapterPath), 2, default);
        using var server = new LlamaServer(model, "--lora", adapter.Path, "-ctk", "f32", "-ctv", "f32", "-fa", "off");
        double worst = 0;
        foreach (ReferencePrompt prompt in Reference.Of("kjv-llama-lora").Prompts)
        {
            IReadOnlyList<LlamaChoice> theirs = server.Complete(prompt.Ids, Count);
            DecoderSession session = merged.NewSession();
            float[] logits = session.Append(prompt.Ids, default);
            int same = theirs.Zip(prompt.Greedy).TakeWhile(pair => pair.First.Token == pair.Second).Count();
            foreach (LlamaChoice choice in theirs)
            {
                worst = Math.Max(worst, Math.Abs(logits[choice.Token] - LogitComparison.LogSumExp(logits) - choice.LogProbability));
                session.Append([choice.Token], logits, default);
            }

            Assert.True(same == Count || theirs[same].Margin < noise, $"{prompt.Prompt}: token {same} differs");
        }

        output.WriteLine($"{dataType}: logarithmic probabilities differ by at most {worst:F6}");
        Assert.InRange(worst, 0, noise);
    }

    public void Dispose() => Directory.Delete(folder, true);

    private void CheckReference(Decoder decoder, float tolerance)
    {
        foreach (ReferencePrompt prompt in Reference.Of("kjv-llama-lora").Prompts)
        {
            float worst = decoder.Logits(prompt.Ids, default).Zip(prompt.LogitsLast, (ours, theirs) => MathF.Abs(ours - theirs)).Max();
            output.WriteLine($"{prompt.Prompt}: logits differ by at most {worst}");
            Assert.InRange(worst, 0, tolerance);
            Assert.Equal(prompt.Greedy, decoder.Generate(prompt.Ids, new GenerationOptions { MaxTokens = prompt.Greedy.Length }, null, default).Tokens);
        }
    }
}
