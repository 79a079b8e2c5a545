using HafsModels.Architectures;
using HafsModels.Conversion;
using HafsModels.Formats.Gguf;
using HafsModels.Formats.ImportanceMatrices;
using HafsModels.Quantization;
using HafsModels.Tensors;
using HafsModels.Tests.Formats.Gguf;
using HafsModels.Tests.Formats.ImportanceMatrices;
using HafsModels.Tests.Quantization;
using Xunit;

namespace HafsModels.Tests.Conversion;

/// <summary>Whole files made with an importance matrix against the real llama-quantize; the matrices are made by the real llama-imatrix.</summary>
public sealed class ImportancePeerTests(ImportancePeerTests.Sources sources) : IClassFixture<ImportancePeerTests.Sources>
{
    // Types in which llama-quantize takes ten times as long as in others. The first model has its whole file in each; the second has each
    // in some of its tensors, beside each other in one file.
    private static readonly string[] SearchedLong = ["IQ1_S", "IQ1_M", "IQ2_XS", "IQ2_S", "IQ2_M", "IQ3_XXS"];

    public static TheoryData<string> SearchedLongRecipes => [.. SearchedLong];

    public static TheoryData<string, string, string> Conversions()
    {
        // Each model in one form of file here; the forms are compared with each other below.
        var data = new TheoryData<string, string, string>();
        foreach ((string model, string form) in (ReadOnlySpan<(string, string)>)[("kjv-llama", "gguf"), ("kjv-qwen2", "dat")])
        {
            foreach (Recipe recipe in Recipes.All.Where(r => !r.IsCopy && r.Name is not ("F32" or "F16" or "BF16") && !(model == "kjv-qwen2" && SearchedLong.Contains(r.Name))))
                data.Add(model, form, recipe.Name);
        }

        return data;
    }

    [SkippableTheory]
    [MemberData(nameof(Conversions))]
    public void Every_tensor_has_the_bytes_that_llama_quantize_writes_with_the_same_matrix(string model, string form, string recipe)
    {
        string matrix = sources.Matrix(model, form);
        LlamaProgram.RunIn(sources.Folder, "llama-quantize", "--imatrix", matrix, $"{model}.gguf", "expected.gguf", recipe, "2");
        sources.Convert(model, new(Recipes.Get(recipe)) { Importance = ImportanceMatrixFile.Read(sources.PathOf(matrix)) }, "actual.gguf");

        using GgufFile theirs = GgufFile.Open(sources.PathOf("expected.gguf")), ours = GgufFile.Open(sources.PathOf("actual.gguf"));
        GgufTwins.AssertSameTensors(theirs, ours);
        foreach (string key in (ReadOnlySpan<string>)["general.file_type", "quantize.imatrix.file", "quantize.imatrix.dataset", "quantize.imatrix.entries_count", "quantize.imatrix.chunks_count"])
            Assert.Equal((key, theirs.Find(key)!.Type, theirs.Find(key)!.Value), (key, ours.Find(key)!.Type, ours.Find(key)!.Value));
    }

    [SkippableFact]
    public void Types_that_are_searched_long_stand_beside_each_other_with_the_bytes_that_llama_quantize_writes()
    {
        string matrix = sources.Matrix("kjv-qwen2", "dat");
        string[] rules = ["attn_q=IQ1_S", "attn_output=IQ1_M", "ffn_up=IQ2_XS", "ffn_gate=IQ2_S", "ffn_down=IQ3_XXS"];
        LlamaProgram.RunIn(sources.Folder, "llama-quantize", ["--imatrix", matrix, .. rules.SelectMany(r => new[] { "--tensor-type", r.ToLowerInvariant() }), "kjv-qwen2.gguf", "expected.gguf", "Q4_K_M", "2"]);
        sources.Convert("kjv-qwen2", new(Recipes.Get("Q4_K_M")) { Importance = ImportanceMatrixFile.Read(sources.PathOf(matrix)), TensorTypes = [.. rules.Select(TensorTypeRule.Parse)] }, "actual.gguf");

        using GgufFile theirs = GgufFile.Open(sources.PathOf("expected.gguf")), ours = GgufFile.Open(sources.PathOf("actual.gguf"));
        GgufTwins.AssertSameTensors(theirs, ours);
        Assert.Equal(rules.Select(r => r.Split('=')[1]).Order(), ours.Tensors.Select(t => t.Type.ToString()).Where(t => t.StartsWith("IQ", StringComparison.Ordinal)).Distinct().Order());
    }

    [SkippableTheory]
    [MemberData(nameof(SearchedLongRecipes))]
    public void Every_tensor_of_the_second_model_gets_the_type_that_llama_quantize_chooses(string recipe)
    {
        string matrix = sources.PathOf(sources.Matrix("kjv-qwen2", "dat"));
        using ModelFolder folder = ModelFolder.Open(Repository.PathOf("tests", "models", "kjv-qwen2"));
        ExportPlan plan = TrainedFiles.Plan(folder, new(Recipes.Get(recipe)) { Importance = ImportanceMatrixFile.Read(matrix) });

        (Dictionary<string, GgmlType> types, _) = LlamaQuantize.Plan(Peers.LlamaBin, sources.PathOf("kjv-qwen2.gguf"), recipe, matrix);

        Assert.Equal(types.OrderBy(t => t.Key, StringComparer.Ordinal), plan.Tensors.Where(t => t.Type != GgmlType.F32).Select(t => KeyValuePair.Create(t.Name, t.Type)).OrderBy(t => t.Key, StringComparer.Ordinal));
    }

    [SkippableTheory]
    [InlineData("kjv-llama")]
    [InlineData("kjv-qwen2")]
    public void Both_forms_of_file_say_the_same(string model)
    {
        ImportanceMatrix young = ImportanceMatrixFile.Read(sources.PathOf(sources.Matrix(model, "gguf"))), old = ImportanceMatrixFile.Read(sources.PathOf(sources.Matrix(model, "dat")));
        Assert.Equal(young.Columns.Keys.Order(), old.Columns.Keys.Order());
        Assert.Equal(young.Origin! with { File = "", Sha256 = "" }, old.Origin! with { File = "", Sha256 = "" });

        // The binary form multiplies and divides by the number of calls, which may round twice.
        foreach ((string name, ReadOnlyMemory<float> weights) in young.Columns)
        {
            foreach ((float here, float there) in weights.ToArray().Zip(old.Columns[name].ToArray()))
                Assert.InRange(there, MathF.BitDecrement(MathF.BitDecrement(here)), MathF.BitIncrement(MathF.BitIncrement(here)));
        }
    }

    [SkippableTheory]
    [InlineData("Q2_K_S")]
    [InlineData("Q2_K")]
    [InlineData("IQ3_XS")]
    [InlineData("IQ2_XXS")]
    public void A_tensor_without_an_entry_is_refused_exactly_where_llama_quantize_refuses_it(string recipe)
    {
        ImportanceMatrix whole = ImportanceMatrixFile.Read(sources.PathOf(sources.Matrix("kjv-llama", "gguf")));
        foreach (string part in (ReadOnlySpan<string>)["attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"])
        {
            string name = $"blk.0.{part}.weight";
            var without = new Dictionary<string, ReadOnlyMemory<float>>(whole.Columns.Where(c => c.Key != name));
            ImportanceFiles.WriteBinary(sources.PathOf("without.dat"), without);
            bool theirs = Succeeds(() => LlamaProgram.RunIn(sources.Folder, "llama-quantize", "--imatrix", "without.dat", "kjv-llama.gguf", "expected.gguf", recipe, "2"));
            bool ours = Succeeds(() => sources.Convert("kjv-llama", new(Recipes.Get(recipe)) { Importance = ImportanceMatrixFile.Read(sources.PathOf("without.dat")) }, "actual.gguf"));
            Assert.Equal($"{recipe} without {name}: {theirs}", $"{recipe} without {name}: {ours}");
        }
    }

    private static bool Succeeds(Action action)
    {
        Exception? error = Record.Exception(action);
        return error switch
        {
            null => true,
            InvalidOperationException { Message: var text } when text.Contains("Missing importance matrix", StringComparison.Ordinal) => false,
            HafsException { Id: "ImportanceRequired" } => false,
            _ => throw error,
        };
    }

    /// <summary>The trained models as F32 files, and their importance matrices.</summary>
    public sealed class Sources : IDisposable
    {
        public string Folder { get; } = Directory.CreateTempSubdirectory("hafs-importance-").FullName;

        public string PathOf(string name) => Path.Combine(Folder, name);

        /// <summary>Name of the matrix of a model; its source lies beside it.</summary>
        public string Matrix(string model, string form)
        {
            string name = $"{model}.imatrix.{form}";
            if (File.Exists(PathOf(name)))
                return name;
            _ = Peers.LlamaBin;
            if (!File.Exists(PathOf(model + ".gguf")))
                Convert(model, new(Recipes.Get("F32")), model + ".gguf");
            File.Copy(Repository.PathOf("tests", "models", "val.txt"), PathOf("text.txt"), overwrite: true);

            // Five chunks of 96: no count is a power of two, so divisions round.
            LlamaProgram.RunIn(Folder, "llama-imatrix", "-m", $"{model}.gguf", "-f", "text.txt", "-o", name, "--output-format", form, "-c", "96", "--chunks", "5", "-t", "2");
            return name;
        }

        public void Convert(string model, QuantizationOptions quantization, string output) => TrainedFiles.Convert(model, quantization, PathOf(output));

        public void Dispose() => Directory.Delete(Folder, recursive: true);
    }
}
