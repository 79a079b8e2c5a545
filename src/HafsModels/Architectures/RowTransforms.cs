using HafsModels.Tensors;

namespace HafsModels.Architectures;

/// <summary>Row transforms that family data may name, on the way from a checkpoint to GGUF.</summary>
internal static class RowTransforms
{
    /// <summary>Every transform by name.</summary>
    public static readonly IReadOnlyDictionary<string, Func<TensorRows, DecoderConfig, TensorRows>> All = new Dictionary<string, Func<TensorRows, DecoderConfig, TensorRows>>
    {
        ["interleave-query-heads"] = (rows, config) => new InterleavedHeadRows(rows, config.HeadCount),
        ["interleave-key-heads"] = (rows, config) => new InterleavedHeadRows(rows, config.KeyValueHeadCount),
    };
}
