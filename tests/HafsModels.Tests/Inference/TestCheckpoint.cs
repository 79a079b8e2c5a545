using System.Text.Json;
using HafsModels.Architectures;
using HafsModels.Inference;
using HafsModels.Tensors;

namespace HafsModels.Tests.Inference;

/// <summary>Reads the trained fixtures by itself, so that the decoder is tested without the project's own readers.</summary>
internal sealed class TestCheckpoint : IDisposable
{
    private readonly Dictionary<string, (TensorInfo Info, byte[] Data)> tensors = [];

    public TestCheckpoint(string folder)
    {
        foreach (string file in Directory.GetFiles(folder, "*.safetensors"))
        {
            byte[] bytes = File.ReadAllBytes(file);
            int header = checked((int)BitConverter.ToUInt64(bytes));
            using JsonDocument json = JsonDocument.Parse(bytes.AsMemory(8, header));
            foreach (JsonProperty tensor in json.RootElement.EnumerateObject().Where(property => property.Name != "__metadata__"))
            {
                long[] shape = [.. tensor.Value.GetProperty("shape").EnumerateArray().Select(number => number.GetInt64())];
                int[] offsets = [.. tensor.Value.GetProperty("data_offsets").EnumerateArray().Select(number => number.GetInt32())];
                ElementType type = Enum.Parse<ElementType>(tensor.Value.GetProperty("dtype").GetString()!);
                tensors[tensor.Name] = (new TensorInfo(tensor.Name, type, new Shape(shape), file), bytes[(8 + header + offsets[0])..(8 + header + offsets[1])]);
            }
        }
    }

    public static DecoderWeights Weights(string model)
    {
        string folder = Repository.PathOf("tests", "models", model);
        using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "config.json")));
        JsonElement root = json.RootElement;
        int Number(string key) => root.GetProperty(key).GetInt32();
        var config = new DecoderConfig
        {
            Family = root.GetProperty("model_type").GetString()!,
            LayerCount = Number("num_hidden_layers"),
            HiddenSize = Number("hidden_size"),
            FeedForwardSize = Number("intermediate_size"),
            HeadCount = Number("num_attention_heads"),
            KeyValueHeadCount = Number("num_key_value_heads"),
            HeadDimension = Number("hidden_size") / Number("num_attention_heads"),
            VocabularySize = Number("vocab_size"),
            ContextLength = Number("max_position_embeddings"),
            NormEpsilon = root.GetProperty("rms_norm_eps").GetSingle(),
            RopeBase = root.GetProperty("rope_theta").GetSingle(),
            RopeDimension = Number("hidden_size") / Number("num_attention_heads"),
            RopeInterleaved = false,
            TiedEmbeddings = root.GetProperty("tie_word_embeddings").GetBoolean(),
        };
        var checkpoint = new TestCheckpoint(folder);
        ModelTensor[] tensors = [.. checkpoint.tensors.Values.Select(tensor => new ModelTensor(Role(tensor.Info.Name), tensor.Info.Type, new Rows(tensor.Info, tensor.Data), null))];
        return new CheckpointWeights(folder, config, tensors, checkpoint);
    }

    public void Dispose() => tensors.Clear();

    private static string Role(string name)
    {
        (string Name, string Role)[] parts =
        [
            ("model.layers.", "blk."), ("self_attn.q_proj", "attn_q"), ("self_attn.k_proj", "attn_k"), ("self_attn.v_proj", "attn_v"),
            ("self_attn.o_proj", "attn_output"), ("mlp.gate_proj", "ffn_gate"), ("mlp.up_proj", "ffn_up"), ("mlp.down_proj", "ffn_down"),
            ("post_attention_layernorm", "ffn_norm"), ("input_layernorm", "attn_norm"), ("model.embed_tokens", "token_embd"),
            ("model.norm", "output_norm"), ("lm_head", "output"),
        ];
        return parts.Aggregate(name, (result, part) => result.Replace(part.Name, part.Role, StringComparison.Ordinal));
    }

    private sealed class Rows(TensorInfo info, byte[] data) : TensorRows
    {
        public override Shape Shape => info.Shape;

        public override long SourceBytesPerRow => RowLength * info.Type.ByteSize();

        public override void Read(long firstRow, Span<float> destination)
        {
            for (int i = 0; i < destination.Length; i++)
            {
                int at = checked((int)((firstRow * RowLength) + i));
                destination[i] = info.Type == ElementType.BF16
                    ? BitConverter.UInt32BitsToSingle((uint)BitConverter.ToUInt16(data, at * 2) << 16)
                    : BitConverter.ToSingle(data, at * 4);
            }
        }
    }
}
