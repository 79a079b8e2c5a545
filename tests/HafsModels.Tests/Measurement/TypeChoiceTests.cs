using HafsModels.Architectures;
using HafsModels.Conversion;
using HafsModels.Formats.Gguf;
using HafsModels.Inference;
using HafsModels.Measurement;
using HafsModels.Quantization;
using HafsModels.Tensors;
using HafsModels.Tokenizers;
using Xunit;

namespace HafsModels.Tests.Measurement;

public sealed class TypeChoiceTests : IDisposable
{
    // Effects over 256 tokens: seconds, and the choice is the same as over all.
    private const double Budget = 3e10;

    private readonly string folder = Directory.CreateTempSubdirectory("hafs-target-").FullName;

    [Theory]
    [InlineData("kjv-llama", "Q4_K_M")]
    [InlineData("kjv-llama", "Q2_K")]
    [InlineData("kjv-qwen2", "Q3_K_M")]
    public void At_the_size_of_a_recipe_the_answers_are_nearer_to_the_source_than_the_recipes(string model, string recipe)
    {
        string path = Repository.PathOf("tests", "models", model), stockFile = Path.Combine(folder, "stock.gguf"), chosenFile = Path.Combine(folder, "chosen.gguf");
        long size = Write(path, new(Recipes.Get(recipe)), stockFile);
        TypeChoice choice = Choose(path, new SizeTarget(size, null));
        long written = Write(path, new(choice.NearestRecipe) { ExactTypes = choice.Types }, chosenFile);
        Assert.Equal(choice.FileBytes, written);
        Assert.InRange(written, size * 0.998, size);

        using TextGenerator source = TextGenerator.Open(path, 2, default);
        using Decoder stock = Decoder.Open(stockFile, 2, default), chosen = Decoder.Open(chosenFile, 2, default);
        int[] tokens = source.Tokenizer.Encode(File.ReadAllText(Repository.PathOf("tests", "models", "val.txt")))[..1200];
        var losses = new List<(double Stock, double Chosen)>();
        double stockDivergence = 0, chosenDivergence = 0;
        int vocabulary = source.Decoder.Config.VocabularySize;
        new TextWindows(256).Run([source.Decoder, stock, chosen], tokens, (targets, logits) =>
        {
            for (int i = 0; i < targets.Length; i++)
            {
                LogitComparison Of(int decoder) => LogitComparison.Of(logits[0].Span.Slice(i * vocabulary, vocabulary), logits[decoder].Span.Slice(i * vocabulary, vocabulary), targets.Span[i]);
                losses.Add((Of(1).ResultLoss, Of(2).ResultLoss));
                stockDivergence += Of(1).Divergence;
                chosenDivergence += Of(2).Divergence;
            }
        }, default);
        Assert.InRange(chosenDivergence, 0, 0.75 * stockDivergence);

        // Perplexity is no worse: the difference of the losses, token by token, is within twice its standard error.
        double mean = losses.Average(l => l.Chosen - l.Stock), error = Math.Sqrt(losses.Sum(l => Math.Pow(l.Chosen - l.Stock - mean, 2)) / losses.Count / (losses.Count - 1));
        Assert.True(mean <= 2 * error, $"losses differ by {mean} ± {error}");
    }

    [Theory]
    [InlineData(3.0)]
    [InlineData(4.6)]
    [InlineData(6.1)]
    public void Bits_per_weight_are_kept_over_all_tensors_and_come_near(double bits)
    {
        string path = Repository.PathOf("tests", "models", "kjv-llama");
        TypeChoice choice = Choose(path, new SizeTarget(null, bits));
        Assert.InRange(choice.BitsPerWeight, bits - 0.02, bits);
        string output = Path.Combine(folder, "chosen.gguf");
        Assert.Equal(choice.FileBytes, Write(path, new(choice.NearestRecipe) { ExactTypes = choice.Types }, output));
        using GgufFile file = GgufFile.Open(output);
        Assert.Equal(choice.BitsPerWeight, 8.0 * file.Tensors.Sum(t => t.ByteSize) / file.Tensors.Sum(t => t.Shape.ElementCount), 1e-9);
        Assert.Equal(choice.NearestRecipe.FileType, file.Find("general.file_type")!.Value);
    }

    [Fact]
    public void A_conversion_with_a_target_is_planned_and_named_by_what_it_takes()
    {
        var request = new ConvertRequest { Path = Repository.PathOf("tests", "models", "kjv-qwen2"), TargetBytes = 1_500_000, OutputPath = folder, SkipVerification = true };
        var workbench = new Workbench(Path.Combine(folder, "registry.json"));
        (ConvertRequest chosen, TypeChoice? choice) = workbench.ChooseTypes(request, null, default);
        ConversionPlan plan = workbench.PlanConversion(chosen);
        Assert.InRange(plan.OutputBytes, 1_490_000, 1_500_000);
        Assert.Equal((choice!.Name, choice.FileBytes, Path.Combine(folder, $"kjv-qwen2-{choice.Name}.gguf")), (plan.Quantization, plan.OutputBytes, plan.OutputPath));
        Assert.EndsWith("BPW", choice.Name, StringComparison.Ordinal);
        HafsModels.Registry.Artifact artifact = workbench.Convert(chosen, null, default);
        Assert.Equal((plan.OutputBytes, choice.Name), (new FileInfo(artifact.Path).Length, artifact.Quantization));
        Assert.Equal("TargetAndQuantization", Assert.Throws<HafsException>(() => workbench.PlanConversion(request with { Quantization = "Q4_K_M" })).Id);
    }

    [Fact]
    public void A_size_that_no_mixture_reaches_is_refused_with_the_smallest_and_the_largest()
    {
        string path = Repository.PathOf("tests", "models", "kjv-llama");
        HafsException error = Assert.Throws<HafsException>(() => Choose(path, new SizeTarget(100_000, null)));
        Assert.Equal(("TargetTooSmall", ErrorKind.InvalidArgument), (error.Id, error.Kind));
        Assert.Matches("as small as 100,000 bytes; the smallest is [0-9,]+ bytes [^,]*, the largest of use is [0-9,]+ bytes", error.Message);
    }

    [Fact]
    public void Types_that_were_asked_for_stay()
    {
        string path = Repository.PathOf("tests", "models", "kjv-llama");
        var asked = new QuantizationOptions(Recipes.Get("Q4_K_M")) { TensorTypes = [new TensorTypeRule("attn_v", GgmlType.Q8_0)], EmbeddingType = GgmlType.Q3_K };
        TypeChoice choice = Choose(path, new SizeTarget(2_100_000, null), new TypeChoiceOptions { Asked = asked, EffectBudget = Budget });
        Assert.DoesNotContain(choice.Types.Keys, name => name.Contains("attn_v", StringComparison.Ordinal) || name == "token_embd.weight");
        Assert.InRange(choice.FileBytes, 2_080_000, 2_100_000);
    }

    [Fact]
    public void A_model_too_large_to_be_run_is_weighed_by_what_is_usual_for_its_roles()
    {
        string path = Repository.PathOf("tests", "models", "kjv-llama");
        TypeChoice choice = Choose(path, new SizeTarget(null, 4.5), new TypeChoiceOptions { EffectBudget = 1 });
        Assert.Contains("usual for the roles", choice.Method, StringComparison.Ordinal);
        Assert.True(BlockFormats.Get(choice.Types["output.weight"]).BitsPerWeight > BlockFormats.Get(choice.Types["blk.1.attn_k.weight"]).BitsPerWeight);
        Assert.DoesNotContain(choice.Types.Values, type => Recipe.Coarse.Contains(type));
    }

    [Fact]
    public void A_tensor_that_is_stored_coarsely_already_may_stay_so_where_nothing_can_be_run()
    {
        string path = Repository.PathOf("tests", "models", "kjv-llama"), stored = Path.Combine(folder, "stored.gguf");
        Write(path, new(Recipes.Get("Q8_0")) { ExactTypes = new Dictionary<string, GgmlType> { ["blk.1.attn_k.weight"] = GgmlType.IQ2_S } }, stored);
        using ConversionJob job = ConversionJob.Open(new ConvertRequest { Path = stored, OutputPath = folder, Quantization = "Q4_K_M", AllowRequantize = true }, new ModelSource(stored));
        TypeChoice choice = TypeChoice.Choose(job.Files[0].Plan, job.Source, new SizeTarget(null, 4.5), new TypeChoiceOptions { EffectBudget = 1 }, null, default);
        Assert.Contains("usual for the roles", choice.Method, StringComparison.Ordinal);
        Assert.Equal("blk.1.attn_k.weight", Assert.Single(choice.Types, t => Recipe.Coarse.Contains(t.Value)).Key);
    }

    [Fact]
    public void A_larger_model_shares_effects_between_neighbouring_blocks()
    {
        string path = Repository.PathOf("tests", "models", "kjv-llama");
        TypeChoice choice = Choose(path, new SizeTarget(null, 4.5), new TypeChoiceOptions { EffectBudget = 20 * 128.0 * 3_410_000 });
        Assert.Matches("each of 1[0-9] groups of the 30 tensors", choice.Method);
        Assert.InRange(choice.BitsPerWeight, 4.48, 4.5);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static TypeChoice Choose(string path, SizeTarget target, TypeChoiceOptions? options = null)
    {
        options ??= new TypeChoiceOptions { EffectBudget = Budget };
        using ModelFolder model = ModelFolder.Open(path);
        return TypeChoice.Choose(Plan(model, options.Asked), model.Source, target, options, null, default);
    }

    private static long Write(string path, QuantizationOptions quantization, string output)
    {
        using ModelFolder model = ModelFolder.Open(path);
        PlanRunner.Run(Plan(model, quantization), output, 2, false, null, default);
        return new FileInfo(output).Length;
    }

    private static ExportPlan Plan(ModelFolder model, QuantizationOptions quantization) =>
        GgufExport.Plan(model, Vocabulary.Load(model.Path), quantization, new GgufExportOptions { Name = "x" });
}
