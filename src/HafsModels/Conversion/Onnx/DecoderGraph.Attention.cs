using HafsModels.Architectures;
using HafsModels.Formats.Onnx;
using HafsModels.Tensors;
using static HafsModels.Conversion.Onnx.OnnxGraph;
using DataType = HafsModels.Formats.Onnx.TensorProto.Types.DataType;

namespace HafsModels.Conversion.Onnx;

/// <content>Attention with its caches, rotation and windows.</content>
internal sealed partial class DecoderGraph
{
    private const string Seen = "seqlens_k", Total = "total_seq_len";

    private readonly Dictionary<bool, string[]> rotations = [];

    // What GroupQueryAttention asks: positions seen less one for each sequence, and the length of the longest.
    private void Lengths(string mask)
    {
        string counted = graph.Node("ReduceSum", "attention_mask.counted", [mask, graph.Integers(1)], Attribute("keepdims", 0));
        graph.Node("Cast", Seen, [graph.Node("Sub", "attention_mask.last", [counted, graph.Integer(1)])], Attribute("to", (long)DataType.Int32));
        string length = graph.Node("Gather", "attention_mask.length", [graph.Node("Shape", "attention_mask.shape", [mask]), graph.Integer(1)], Attribute("axis", 0));
        graph.Node("Cast", Total, [length], Attribute("to", (long)DataType.Int32));
    }

    private string Attention(int layer, string input)
    {
        string block = $"blk.{layer}.", key = $"past_key_values.{layer}.key", value = $"past_key_values.{layer}.value";
        (string q, string k, string v) = Projections(block, graph.Cast(input, sums, graph.Number));
        q = HeadNorm(block + "attn_q_norm", q, config.HeadCount);
        k = HeadNorm(block + "attn_k_norm", k, config.KeyValueHeadCount);
        foreach (string name in (string[])[key, value])
        {
            graph.Input(name, graph.Number, "batch_size", config.KeyValueHeadCount, "past_sequence_length", config.HeadDimension);
            graph.Output(name.Replace("past_key_values", "present", StringComparison.Ordinal), graph.Number, "batch_size", config.KeyValueHeadCount, "total_sequence_length", config.HeadDimension);
        }

        bool isRotated = config.IsRotated(layer), isLocal = config.IsLocal(layer);
        string[] inputs = [q, k, v, key, value, Seen, Total, .. isRotated ? Rotation(isLocal) : []];
        List<AttributeProto> attributes =
        [
            Attribute("num_heads", config.HeadCount),
            Attribute("kv_num_heads", config.KeyValueHeadCount),
            Attribute("scale", config.AttentionScale > 0 ? config.AttentionScale : 1f / MathF.Sqrt(config.HeadDimension)),
            Attribute("do_rotary", isRotated ? 1 : 0),
            Attribute("rotary_interleaved", 0),
        ];
        if (isLocal)
            attributes.Add(Attribute("local_window_size", config.SlidingWindow));
        if (config.AttentionSoftcap > 0)
            attributes.Add(Attribute("softcap", config.AttentionSoftcap));
        string attended = block + "attn";
        graph.ContributedTo([attended, $"present.{layer}.key", $"present.{layer}.value"], "GroupQueryAttention", attended, inputs, [.. attributes]);
        return graph.Cast(Projected(block + "attn_output", attended, tensors.Get(block + "attn_output.weight"), tensors.Find(block + "attn_output.bias")), graph.Number, sums);
    }

    private (string Query, string Key, string Value) Projections(string block, string input)
    {
        long queries = config.HeadCount * (long)config.HeadDimension, keys = config.KeyValueHeadCount * (long)config.HeadDimension;
        TensorRows? fused = tensors.Find(block + "attn_qkv.weight"), fusedBias = tensors.Find(block + "attn_qkv.bias");
        string Project(string name, long first, long count) => Projected(
            block + name,
            input,
            fused is null ? tensors.Get($"{block}{name}.weight") : RoleTensors.Part(fused, first, count),
            fusedBias is null ? tensors.Find($"{block}{name}.bias") : RoleTensors.Part(fusedBias, first, count));
        return (Project("attn_q", 0, queries), Project("attn_k", queries, keys), Project("attn_v", queries + keys, keys));
    }

    // One weight for every head, or one over all of them.
    private string HeadNorm(string name, string input, int heads)
    {
        if (tensors.Find(name + ".weight") is not { } weight)
            return input;
        if (weight.Shape.Count > 1 || config.Norm != NormKind.Rms)
        {
            throw new HafsException(
                ErrorKind.Unsupported, "OnnxUnsupported", $"no ONNX graph is built for models of family {config.Family} with a norm for each head ({name})", name, "ConvertTo-Gguf converts every family that docs/families.md lists.");
        }

        string[] Inputs(string vectors) => [vectors, graph.Weight(name + ".weight", weight)];
        if (weight.Shape.ElementCount != config.HeadDimension)
            return graph.Node("SimplifiedLayerNormalization", name, Inputs(input), NormAttributes());
        string split = graph.Node("Reshape", name + ".split", [input, graph.Integers(0, 0, heads, config.HeadDimension)]);
        string normed = graph.Node("SimplifiedLayerNormalization", name + ".heads", Inputs(split), NormAttributes());
        return graph.Node("Reshape", name, [normed, graph.Integers(0, 0, heads * (long)config.HeadDimension)]);
    }

    // Cosines and sines of all positions; layers with a window may have a base of their own.
    private string[] Rotation(bool isLocal)
    {
        bool hasOwnBase = config.LocalRopeBase != 0 && config.LocalRopeBase != config.RopeBase;
        isLocal &= hasOwnBase;
        if (rotations.TryGetValue(isLocal, out string[]? known))
            return known;
        string[] names;
        if (isLocal)
            names = Caches("rope_local", config.LocalRopeBase, RopeScalingKind.None, [], config.ContextLength);
        else if (tensors.Has("rope_factors_long.weight"))
            names = LongRope();
        else
            names = Caches("rope", config.RopeBase, config.RopeScaling, Factors("rope_freqs.weight"), config.ContextLength);
        return rotations[isLocal] = names;
    }

    // Other factors hold for all positions as soon as there are more than the original context had.
    private string[] LongRope()
    {
        int original = config.RopeOriginalContext > 0 ? Math.Min(config.RopeOriginalContext, config.ContextLength) : config.ContextLength;
        string[] near = Caches("rope_short", config.RopeBase, config.RopeScaling, Factors("rope_factors_short.weight"), original);
        float[] factors = Factors("rope_factors_long.weight");
        if (original == config.ContextLength)
            return near;
        string[] far = Caches("rope_long", config.RopeBase, config.RopeScaling, factors, config.ContextLength);
        graph.Choose(["rope.cos", "rope.sin"], "rope", graph.Node("Greater", "rope.is_long", [Total, graph.Integer32(original)]), far, near);
        return ["rope.cos", "rope.sin"];
    }

    private string[] Caches(string name, float theta, RopeScalingKind scaling, float[] factors, int positions)
    {
        (float[] frequencies, float magnitude) = RotaryFrequencies.Of(config, theta, scaling, factors);
        return
        [
            graph.Weight(name + ".cos_cache", new RotaryRows(frequencies, magnitude, positions, isSine: false)),
            graph.Weight(name + ".sin_cache", new RotaryRows(frequencies, magnitude, positions, isSine: true)),
        ];
    }

    private float[] Factors(string role)
    {
        if (tensors.Find(role) is not { } rows)
            return [];
        var factors = new float[rows.Shape.ElementCount];
        rows.Read(0, factors);
        return factors;
    }
}
