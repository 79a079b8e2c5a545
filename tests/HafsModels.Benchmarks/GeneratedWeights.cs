using HafsModels.Architectures;
using HafsModels.Inference;
using HafsModels.Tensors;

namespace HafsModels.Benchmarks;

/// <summary>A model of half a billion parameters with random blocks, typed as Q4_K_M types them. Only its speed means anything.</summary>
internal sealed class GeneratedWeights : DecoderWeights
{
    private readonly Dictionary<string, (GgmlType, Shape)> roles = [];

    public GeneratedWeights()
    {
        int hidden = Config.HiddenSize, keys = Config.KeyValueHeadCount * Config.HeadDimension, queries = Config.HeadCount * Config.HeadDimension;
        Add("token_embd.weight", GgmlType.Q4_K, Config.VocabularySize, hidden);
        Add("output.weight", GgmlType.Q6_K, Config.VocabularySize, hidden);
        Add("output_norm.weight", GgmlType.F32, hidden);
        for (int i = 0; i < Config.LayerCount; i++)
        {
            int eighth = Config.LayerCount / 8;
            GgmlType more = i < eighth || i >= 7 * eighth || (i - eighth) % 3 == 2 ? GgmlType.Q6_K : GgmlType.Q4_K;
            Add($"blk.{i}.attn_norm.weight", GgmlType.F32, hidden);
            Add($"blk.{i}.attn_q.weight", GgmlType.Q4_K, queries, hidden);
            Add($"blk.{i}.attn_k.weight", GgmlType.Q4_K, keys, hidden);
            Add($"blk.{i}.attn_v.weight", more, keys, hidden);
            Add($"blk.{i}.attn_output.weight", GgmlType.Q4_K, hidden, queries);
            Add($"blk.{i}.ffn_norm.weight", GgmlType.F32, hidden);
            Add($"blk.{i}.ffn_gate.weight", GgmlType.Q4_K, Config.FeedForwardSize, hidden);
            Add($"blk.{i}.ffn_up.weight", GgmlType.Q4_K, Config.FeedForwardSize, hidden);
            Add($"blk.{i}.ffn_down.weight", more, hidden, Config.FeedForwardSize);
        }
    }

    public override string Name => "generated 0.5B Q4_K_M";

    public override DecoderConfig Config { get; } = new()
    {
        Family = "llama",
        LayerCount = 24,
        HiddenSize = 1024,
        FeedForwardSize = 4096,
        HeadCount = 16,
        KeyValueHeadCount = 4,
        HeadDimension = 64,
        VocabularySize = 65536,
        ContextLength = 4096,
        NormEpsilon = 1e-5f,
        RopeBase = 10000,
        RopeDimension = 64,
        RopeInterleaved = true,
        TiedEmbeddings = false,
    };

    public override IReadOnlyDictionary<string, (GgmlType Type, Shape Shape)> Roles => roles;

    public long Parameters => roles.Values.Sum(role => role.Item2.ElementCount);

    public override void Read(string role, long firstRow, Span<byte> rows)
    {
        (GgmlType type, Shape shape) = roles[role];
        new Random(HashCode.Combine(role.Length, firstRow)).NextBytes(rows);
        (int Elements, int Bytes) block = GgmlTypes.BlockOf(type)!.Value;
        for (int at = 0; at < rows.Length; at += block.Bytes)
        {
            // The factors of a block must be small numbers; all its other bytes may be anything.
            Span<byte> bytes = rows.Slice(at, block.Bytes);
            if (type == GgmlType.F32)
                BitConverter.TryWriteBytes(bytes, 1f);
            else if (type == GgmlType.Q4_K)
                BitConverter.TryWriteBytes(bytes, 0x0400_0400u);
            else
                BitConverter.TryWriteBytes(bytes[208..], (ushort)0x0100);
        }
    }

    private void Add(string role, GgmlType type, params ReadOnlySpan<long> shape) => roles[role] = (type, new Shape(shape));
}
