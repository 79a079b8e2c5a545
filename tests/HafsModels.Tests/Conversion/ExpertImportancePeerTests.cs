using HafsModels.Conversion;
using HafsModels.Formats.Gguf;
using HafsModels.Formats.ImportanceMatrices;
using HafsModels.Quantization;
using HafsModels.Tensors;
using HafsModels.Tests.Formats.Gguf;
using Xunit;

namespace HafsModels.Tests.Conversion;

/// <summary>A mixture of experts, made of random numbers, quantized with an importance for each expert, against the real llama-quantize.</summary>
public sealed class ExpertImportancePeerTests : IDisposable
{
    private const int Width = 256, Vocabulary = 64, Keys = 128, Experts = 4;

    private static readonly (string Name, Shape Shape)[] Tensors =
    [
        ("token_embd.weight", new(Vocabulary, Width)), ("output_norm.weight", new(Width)), ("output.weight", new(Vocabulary, Width)),
        ("blk.0.attn_norm.weight", new(Width)), ("blk.0.ffn_norm.weight", new(Width)),
        ("blk.0.attn_q.weight", new(Width, Width)), ("blk.0.attn_k.weight", new(Keys, Width)), ("blk.0.attn_v.weight", new(Keys, Width)), ("blk.0.attn_output.weight", new(Width, Width)),
        ("blk.0.ffn_gate_inp.weight", new(Experts, Width)),
        ("blk.0.ffn_gate_exps.weight", new(Experts, 2 * Width, Width)), ("blk.0.ffn_up_exps.weight", new(Experts, 2 * Width, Width)), ("blk.0.ffn_down_exps.weight", new(Experts, Width, 2 * Width)),
    ];

    private readonly string folder = Directory.CreateTempSubdirectory("hafs-experts-").FullName;

    [SkippableTheory]
    [InlineData("Q4_K_M")]
    [InlineData("Q2_K_S")]
    [InlineData("IQ3_M")]
    [InlineData("IQ2_XXS")]
    public void Each_expert_is_encoded_with_its_own_weights_and_alike_where_no_token_chose_it(string recipe)
    {
        _ = Peers.LlamaBin;
        var random = new Random(7);
        TensorRows[] rows = [.. Tensors.Select(t => new Rows(t.Shape, random))];
        Write(rows, [.. Tensors.Select(_ => GgmlType.F32)], null, "source.gguf");
        var sums = Tensors.Where(t => t.Name.Contains("blk", StringComparison.Ordinal) && t.Shape.Count > 1).ToDictionary(t => t.Name, t =>
        {
            // The third expert was never chosen.
            float[] counts = t.Shape.Count > 2 ? [7, 3, 0, 11] : [21];
            return new ActivationSums(Enumerable.Range(0, counts.Length * (int)t.Shape.RowLength).Select(i => counts[i / (int)t.Shape.RowLength] * 9 * random.NextSingle()).ToArray(), counts);
        });
        PlanRunner.Run(ImportanceExport.Plan(sums, "none", 3, 128), PathOf("experts.gguf"), 1, allowNonFinite: false, null, CancellationToken.None);
        LlamaProgram.RunIn(folder, "llama-quantize", "--imatrix", "experts.gguf", "source.gguf", "expected.gguf", recipe, "2");

        var quantization = new QuantizationOptions(Recipes.Get(recipe)) { Importance = ImportanceMatrixFile.Read(PathOf("experts.gguf")) };
        RecipeTensor[] stored = [.. Tensors.Select(t => new RecipeTensor(t.Name, t.Shape, GgmlType.F32))];
        Write(rows, quantization.TypesFor(stored, new RecipeModel(1, 4, 2, TiedEmbeddings: false) { ExpertCount = Experts, HasImportance = true }), quantization, "actual.gguf");
        using GgufFile theirs = GgufFile.Open(PathOf("expected.gguf")), ours = GgufFile.Open(PathOf("actual.gguf"));
        GgufTwins.AssertSameTensors(theirs, ours);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private void Write(TensorRows[] rows, IReadOnlyList<GgmlType> types, QuantizationOptions? quantization, string name)
    {
        KeyValuePair<string, GgufValue> Value(string key, object value) => new(key, new(value));
        (GgufHeader header, byte[] bytes, long length) = GgufHeader.Build(
            [
                Value("general.architecture", "llama"), Value("llama.block_count", 1u), Value("llama.context_length", 128u), Value("llama.embedding_length", (uint)Width),
                Value("llama.feed_forward_length", 2u * Width), Value("llama.attention.head_count", 4u), Value("llama.attention.head_count_kv", 2u),
                Value("llama.attention.layer_norm_rms_epsilon", 1e-5f), Value("llama.rope.dimension_count", 64u), Value("llama.expert_count", (uint)Experts), Value("llama.expert_used_count", 2u),
            ],
            [.. Tensors.Select((t, i) => (t.Name, types[i], t.Shape))]);
        PlannedTensor[] planned =
        [
            .. Tensors.Select((t, i) => new PlannedTensor(t.Name, types[i], header.Tensors[i].Offset, header.Tensors[i].ByteSize, rows[i])
            {
                Importance = quantization?.ImportanceOf(new RecipeTensor(t.Name, t.Shape, GgmlType.F32), types[i]) ?? default,
            }),
        ];
        PlanRunner.Run(new ExportPlan("test", bytes, planned, length), PathOf(name), 2, allowNonFinite: false, null, CancellationToken.None);
    }

    private string PathOf(string name) => Path.Combine(folder, name);

    private sealed class Rows(Shape shape, Random random) : TensorRows
    {
        private readonly float[] values = [.. Enumerable.Range(0, (int)shape.ElementCount).Select(_ => (random.NextSingle() + random.NextSingle() + random.NextSingle() - 1.5f) / 10)];

        public override Shape Shape => shape;

        public override long SourceBytesPerRow => shape.RowLength * sizeof(float);

        public override void Read(long firstRow, Span<float> destination) => values.AsSpan((int)(firstRow * shape.RowLength), destination.Length).CopyTo(destination);
    }
}
