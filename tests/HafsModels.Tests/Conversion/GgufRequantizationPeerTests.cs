using System.Globalization;
using HafsModels.Conversion;
using HafsModels.Formats.Gguf;
using HafsModels.Formats.ImportanceMatrices;
using HafsModels.Quantization;
using HafsModels.Tensors;
using HafsModels.Tests.Formats.Gguf;
using HafsModels.Tests.Quantization;
using Xunit;

namespace HafsModels.Tests.Conversion;

/// <summary>GGUF files made from GGUF files, whole and byte by byte, against the real llama-quantize.</summary>
public sealed class GgufRequantizationPeerTests(TrainedFiles files) : IClassFixture<TrainedFiles>, IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("hafs-requantize-").FullName;

    public static TheoryData<string> RecipeNames => [.. Recipes.All.Where(r => !r.NeedsImportance).Select(r => r.Name), "COPY"];

    private static RecipeCase[] Models { get; } =
    [
        new("moe", "llama", 3, 4, 2, 256, 512) { Experts = 4 },
        new("eight", "llama", 9, 4, 4, 256, 256) { Experts = 8 },
        new("biased", "qwen2", 5, 4, 2, 256, 512) { Tied = true },
        new("narrow", "llama", 4, 3, 1, 288, 416),
        new("unknown to our decoder", "internlm2", 8, 4, 2, 256, 512),
        new("fused", "phi3", 6, 4, 2, 256, 512) { Fused = true },
    ];

    public static TheoryData<string, string> ModelRecipes()
    {
        var data = new TheoryData<string, string>();
        foreach (RecipeCase model in Models)
        {
            foreach (string recipe in (ReadOnlySpan<string>)["F16", "Q8_0", "Q4_K_M", "Q3_K_M", "Q2_K", "IQ4_XS", "MXFP4_MOE", "COPY"])
                data.Add(model.Name, recipe);
        }

        return data;
    }

    [SkippableTheory]
    [MemberData(nameof(RecipeNames))]
    public void A_trained_model_becomes_the_file_that_llama_quantize_writes(string recipe)
    {
        _ = Peers.LlamaBin;
        Same(Trained("BF16"), recipe, new(), []);
    }

    [SkippableTheory]
    [MemberData(nameof(ModelRecipes))]
    public void Any_architecture_becomes_the_file_that_llama_quantize_writes(string model, string recipe)
    {
        _ = Peers.LlamaBin;
        string source = Random(model, recipe == "F16" ? GgmlType.BF16 : GgmlType.F16);
        Same(source, recipe, new(), []);
    }

    [SkippableTheory]
    [InlineData("Q8_0", "Q4_K_M")]
    [InlineData("Q8_0", "F16")]
    [InlineData("Q4_K_M", "Q2_K")]
    [InlineData("Q4_K_M", "Q4_K_M")]
    [InlineData("Q6_K", "IQ4_NL")]
    [InlineData("IQ4_XS", "Q5_0")]
    [InlineData("TQ1_0", "Q8_0")]
    [InlineData("MXFP4_MOE", "Q4_1")]
    public void Quantizing_again_where_it_is_allowed_gives_the_same_file(string first, string second)
    {
        _ = Peers.LlamaBin;
        string source = Trained(first);
        Same(source, second, new() { AllowRequantize = true }, ["--allow-requantize"]);
        if (first == second)
            return;
        Assert.Equal("RequantizeNotAllowed", Assert.Throws<HafsException>(() => Plan(source, new(Recipes.Get(second)), new())).Id);
        Assert.Contains("requantizing from type", Assert.Throws<InvalidOperationException>(() => LlamaProgram.Run("llama-quantize", [source, Path.Combine(folder, "x.gguf"), second])).Message, StringComparison.Ordinal);
    }

    public static TheoryData<string> Controls =>
    [
        "--pure", "--leave-output-tensor", "--output-tensor-type Q5_1 --token-embedding-type F16", "--tensor-type ffn_(up|down)=Q6_K --tensor-type blk\\.0=BF16",
        "--prune-layers 0", "--prune-layers 1,2 --tensor-type blk\\.1\\.attn_v=q8_0", "--prune-layers 3 --override-kv general.name=str:short",
        "--override-kv general.name=str:other --override-kv llama.context_length=int:77 --override-kv new.int=int:3 --override-kv new.real=float:1.5 --override-kv new.flag=bool:true --override-kv tokenizer.ggml.add_bos_token=bool:true --override-kv llama.rope.freq_base=float:5",
    ];

    [SkippableTheory]
    [MemberData(nameof(Controls))]
    public void Every_control_gives_the_file_that_it_gives_in_llama_quantize(string arguments)
    {
        _ = Peers.LlamaBin;
        string source = Trained("F32");
        foreach (string recipe in (ReadOnlySpan<string>)["Q4_K_M", "Q3_K_S", "F16", "COPY"])
            Same(source, recipe, Options(arguments), arguments.Split(' '), o => Types(o, arguments));
    }

    [SkippableTheory]
    [InlineData("Q4_K_M", "--override-kv new.key=int:3")]
    [InlineData("IQ2_M", "--prune-layers 1")]
    [InlineData("IQ1_S", "--token-embedding-type Q8_0")]
    public void An_importance_matrix_gives_the_same_file(string recipe, string arguments)
    {
        _ = Peers.LlamaBin;
        string source = Trained("F32"), matrix = Path.Combine(folder, "importance.dat");
        WriteImportance(source, matrix);
        Same(source, recipe, Options(arguments), ["--imatrix", Path.GetFileName(matrix), .. arguments.Split(' ')], o => Types(o, arguments) with { Importance = ImportanceMatrixFile.Read(matrix) });
    }

    [SkippableFact]
    public void Every_kind_of_metadata_survives()
    {
        _ = Peers.LlamaBin;
        string source = Path.Combine(folder, "all.gguf");
        Models[0].Write(source, GgmlType.BF16, [.. GgufSample.AllTypes.Where(m => m.Key != "general.architecture"), new("general.file_type", new(32u))]);
        Same(source, "Q8_0", new(), []);
        SpoilText(source);
        Same(source, "Q8_0", new(), []);
        Same(source, "COPY", new(), []);
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_split_model_is_read_as_one_and_keeps_its_split_where_that_is_asked(bool keep)
    {
        _ = Peers.LlamaBin;
        string source = Path.Combine(folder, "split-00001-of-00003.gguf");
        LlamaProgram.Run("llama-gguf-split", "--split", "--split-max-tensors", "15", Trained("F32"), Path.Combine(folder, "split"));
        if (!keep)
        {
            Same(source, "Q4_K_M", new(), []);
            return;
        }

        string expected = Path.Combine(folder, "expected");
        foreach (string[] arguments in (string[][])[["--keep-split"], ["--keep-split", "--prune-layers", "0"]])
        {
            LlamaProgram.Run("llama-quantize", [.. arguments, source, expected + ".gguf", "Q4_K_M"]);
            IReadOnlyList<ExportPlan> plans = Plan(source, new(Recipes.Get("Q4_K_M")), Options(string.Join(' ', arguments[1..])) with { KeepSplit = true }, out GgufSet set);
            using (set)
            {
                PlannedFile[] files = [.. plans.Select((p, i) => new PlannedFile(GgufSplit.FileName(Path.Combine(folder, "actual"), i, plans.Count), p))];
                PlanRunner.Run(files, 2, allowNonFinite: false, errors: null, source: null, null, CancellationToken.None);
                for (int i = 0; i < files.Length; i++)
                    Files.Same(GgufSplit.FileName(expected, i, files.Length), files[i].Path);
            }
        }
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    // In the old format: name, calls and sums of squares of each matrix.
    private static void WriteImportance(string source, string path)
    {
        using GgufFile file = GgufFile.Open(source);
        GgufTensor[] matrices = [.. file.Tensors.Where(t => t.Shape.Count > 1)];
        var random = new Random(1);
        using var writer = new BinaryWriter(File.Create(path));
        writer.Write(matrices.Length);
        foreach (GgufTensor matrix in matrices)
        {
            writer.Write(matrix.Name.Length);
            writer.Write(matrix.Name.Select(c => (byte)c).ToArray());
            writer.Write(4);
            writer.Write((int)matrix.Shape.RowLength);
            for (long i = 0; i < matrix.Shape.RowLength; i++)
                writer.Write(random.NextSingle() * 10);
        }

        writer.Write(7);
        writer.Write(4);
        writer.Write("text"u8);
    }

    // The tokens of some vocabularies are no text.
    private static void SpoilText(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        int at = bytes.AsSpan().IndexOf("beginning"u8);
        bytes[at] = 0xe2;
        bytes[at + 3] = 0xff;
        File.WriteAllBytes(path, bytes);
    }

    private static GgufRequantizationOptions Options(string arguments)
    {
        string[] words = arguments.Split(' ');
        return new GgufRequantizationOptions
        {
            PruneLayers = [.. After(words, "--prune-layers").SelectMany(LayerList.Parse)],
            Metadata = [.. After(words, "--override-kv").Select(Override)],
        };
    }

    private static QuantizationOptions Types(QuantizationOptions options, string arguments)
    {
        string[] words = arguments.Split(' ');
        return options with
        {
            Pure = words.Contains("--pure"),
            LeaveOutput = words.Contains("--leave-output-tensor"),
            TensorTypes = [.. After(words, "--tensor-type").Select(TensorTypeRule.Parse)],
            OutputType = After(words, "--output-tensor-type").Select(t => (GgmlType?)BlockFormats.Parse(t)).FirstOrDefault(),
            EmbeddingType = After(words, "--token-embedding-type").Select(t => (GgmlType?)BlockFormats.Parse(t)).FirstOrDefault(),
        };
    }

    private static IEnumerable<string> After(string[] words, string option) => words.Zip(words.Skip(1)).Where(w => w.First == option).Select(w => w.Second);

    private static KeyValuePair<string, object> Override(string text)
    {
        string[] parts = text.Split('=', ':');
        return new(parts[0], parts[1] switch
        {
            "int" => int.Parse(parts[2], CultureInfo.InvariantCulture),
            "float" => double.Parse(parts[2], CultureInfo.InvariantCulture),
            "bool" => bool.Parse(parts[2]),
            _ => parts[2],
        });
    }

    private static IReadOnlyList<ExportPlan> Plan(string source, QuantizationOptions quantization, GgufRequantizationOptions options)
    {
        IReadOnlyList<ExportPlan> plans = Plan(source, quantization, options, out GgufSet set);
        set.Dispose();
        return plans;
    }

    private static IReadOnlyList<ExportPlan> Plan(string source, QuantizationOptions quantization, GgufRequantizationOptions options, out GgufSet set)
    {
        set = GgufSet.Open(source);
        try
        {
            return GgufRequantization.Plan(set, quantization, options);
        }
        catch
        {
            set.Dispose();
            throw;
        }
    }

    private void Same(string source, string recipe, GgufRequantizationOptions options, string[] arguments, Func<QuantizationOptions, QuantizationOptions>? types = null)
    {
        string expected = Path.Combine(folder, "expected.gguf"), actual = Path.Combine(folder, "actual.gguf");
        LlamaProgram.RunIn(folder, "llama-quantize", [.. arguments, source, expected, recipe, "2"]);
        QuantizationOptions quantization = new(Recipes.Get(recipe));
        IReadOnlyList<ExportPlan> plans = Plan(source, types is null ? quantization : types(quantization), options, out GgufSet set);
        using (set)
            PlanRunner.Run(Assert.Single(plans), actual, 2, allowNonFinite: false, null, CancellationToken.None);
        Files.Same(expected, actual);
    }

    private string Random(string model, GgmlType type)
    {
        string path = Path.Combine(files.Folder, $"{model}-{type}.gguf");
        if (!File.Exists(path))
            Models.Single(m => m.Name == model).Write(path, type);
        return path;
    }

    private string Trained(string recipe) => files.Get("kjv-llama", recipe);
}
