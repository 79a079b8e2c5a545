using HafsModels.Architectures;
using HafsModels.Formats.Gguf;
using HafsModels.Inference;

namespace HafsModels.Tests.Inference;

/// <summary>Writes a decoder's weights as a GGUF file without the project's converter, so that the decoder is tested by itself.</summary>
internal static class TestGguf
{
    /// <summary>Metadata of a model.</summary>
    public static Dictionary<string, object> Metadata(DecoderConfig config) => new()
    {
        ["general.architecture"] = config.Family,
        [$"{config.Family}.block_count"] = (uint)config.LayerCount,
        [$"{config.Family}.embedding_length"] = (uint)config.HiddenSize,
        [$"{config.Family}.feed_forward_length"] = (uint)config.FeedForwardSize,
        [$"{config.Family}.context_length"] = (uint)config.ContextLength,
        [$"{config.Family}.attention.head_count"] = (uint)config.HeadCount,
        [$"{config.Family}.attention.head_count_kv"] = (uint)config.KeyValueHeadCount,
        [$"{config.Family}.attention.layer_norm_rms_epsilon"] = config.NormEpsilon,
        [$"{config.Family}.rope.freq_base"] = config.RopeBase,
    };

    /// <summary>Writes a file; q and k rows are reordered where the family's GGUF files want neighbours rotated together.</summary>
    public static void Write(DecoderWeights source, IEnumerable<KeyValuePair<string, object>> metadata, string path)
    {
        DecoderConfig config = source.Config;
        (GgufHeader header, byte[] bytes, long length) = GgufHeader.Build(
            [.. metadata.Select(pair => KeyValuePair.Create(pair.Key, new GgufValue(pair.Value)))],
            [.. source.Roles.Select(role => (role.Key, role.Value.Type, role.Value.Shape))]);
        using FileStream file = File.Create(path);
        file.SetLength(length);
        file.Write(bytes);
        foreach (GgufTensor tensor in header.Tensors)
        {
            var data = new byte[tensor.ByteSize];
            source.Read(tensor.Name, 0, data);
            if (config.Family == "llama" && (tensor.Name.EndsWith("attn_q.weight", StringComparison.Ordinal) || tensor.Name.EndsWith("attn_k.weight", StringComparison.Ordinal)))
                data = Reorder(data, config.HeadDimension, (int)(data.Length / tensor.Shape[0]));
            file.Position = tensor.Offset;
            file.Write(data);
        }
    }

    /// <summary>Row i of a head's first half becomes row 2i, row i of its second half becomes row 2i + 1.</summary>
    private static byte[] Reorder(byte[] data, int headRows, int rowBytes)
    {
        var result = new byte[data.Length];
        for (int row = 0; row < data.Length / rowBytes; row++)
        {
            int head = row / headRows * headRows, within = row % headRows, half = headRows / 2;
            int target = head + (within < half ? 2 * within : (2 * (within - half)) + 1);
            data.AsSpan(row * rowBytes, rowBytes).CopyTo(result.AsSpan(target * rowBytes));
        }

        return result;
    }
}
