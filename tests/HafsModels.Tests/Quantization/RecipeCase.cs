using HafsModels.Formats.Gguf;
using HafsModels.Quantization;
using HafsModels.Tensors;

namespace HafsModels.Tests.Quantization;

/// <summary>A model by its sizes alone, for asking which tensor gets which type. No weights: a file of it is a header before a hole.</summary>
internal sealed record RecipeCase(string Name, string Family, int Layers, int Heads, int KeyValueHeads, int Hidden, int FeedForward)
{
    public int Experts { get; init; }

    public bool Tied { get; init; }

    /// <summary>Whether query, key and value are one matrix.</summary>
    public bool Fused { get; init; }

    public bool HasImportance { get; init; }

    public static IReadOnlyList<RecipeCase> All { get; } =
    [
        new("llama, 2 blocks", "llama", 2, 8, 8, 512, 1024),
        new("llama, 7 blocks, shared by 2", "llama", 7, 8, 4, 512, 1024),
        new("llama, 16 blocks, tied, shared by 4", "llama", 16, 8, 2, 512, 1024) { Tied = true },
        new("llama, 33 blocks, shared by 8", "llama", 33, 8, 1, 512, 1024),
        new("llama, 80 blocks, not shared", "llama", 80, 8, 8, 512, 1024),
        new("llama, 80 blocks, shared by 2", "llama", 80, 8, 4, 512, 1024),
        new("llama, 80 blocks, shared by 8", "llama", 80, 8, 1, 512, 1024),
        new("llama, rows of 32, not of 256", "llama", 8, 6, 2, 288, 800),
        new("llama, rows of 32, not of 256, tied", "llama", 8, 6, 2, 288, 800) { Tied = true },
        new("llama, rows not of 32", "llama", 4, 4, 2, 272, 528),
        new("llama, only feed-forward rows not of 256", "llama", 12, 8, 4, 512, 1376),
        new("mixtral, 32 blocks, 8 experts", "llama", 32, 8, 2, 512, 1024) { Experts = 8 },
        new("mixtral, 80 blocks, 8 experts", "llama", 80, 8, 4, 512, 1024) { Experts = 8 },
        new("mixtral, 24 blocks, 4 experts, not shared", "llama", 24, 8, 8, 512, 1024) { Experts = 4 },
        new("qwen2, 24 blocks, tied", "qwen2", 24, 14, 2, 896, 4864) { Tied = true },
        new("qwen2, 28 blocks", "qwen2", 28, 28, 4, 3584, 18944),
        new("qwen2, 80 blocks, not shared", "qwen2", 80, 8, 8, 512, 1024),
        new("qwen3, 36 blocks", "qwen3", 36, 8, 2, 512, 1024),
        new("qwen3moe, 48 blocks, 128 experts", "qwen3moe", 48, 8, 1, 512, 768) { Experts = 128 },
        new("phi3, 32 blocks, fused, shared by 2", "phi3", 32, 8, 4, 512, 1024) { Fused = true },
        new("phi3, 24 blocks, fused, shared by 4", "phi3", 24, 8, 2, 512, 1024) { Fused = true },
        new("llama, 16 blocks, importance", "llama", 16, 8, 8, 512, 1024) { HasImportance = true },
        new("llama, 16 blocks, shared by 4, importance", "llama", 16, 8, 2, 512, 1024) { HasImportance = true },
        new("mixtral, 16 blocks, 8 experts, importance", "llama", 16, 8, 2, 512, 1024) { HasImportance = true, Experts = 8 },
    ];

    public RecipeModel Model => new(Layers, Heads, KeyValueHeads, Tied) { Family = Family, ExpertCount = Experts, HasImportance = HasImportance };

    /// <summary>Roles and shapes of every tensor.</summary>
    public IEnumerable<(string Role, Shape Shape)> Tensors()
    {
        const int Vocabulary = 512;
        int keys = Hidden / Heads * KeyValueHeads;
        yield return ("token_embd.weight", new Shape(Vocabulary, Hidden));
        if (!Tied)
            yield return ("output.weight", new Shape(Vocabulary, Hidden));
        yield return ("output_norm.weight", new Shape(Hidden));
        for (int i = 0; i < Layers; i++)
        {
            foreach ((string role, Shape shape) in Block(keys))
                yield return ($"blk.{i}.{role}", shape);
        }
    }

    /// <summary>The type of every tensor, equal ones of following blocks together: <c>attn_v Q6_K×2 Q4_K×6; …</c>.</summary>
    public string Describe(Func<string, Shape, GgmlType> typeOf)
    {
        var types = new SortedDictionary<string, List<GgmlType>>(StringComparer.Ordinal);
        foreach ((string role, Shape shape) in Tensors())
        {
            string name = role.StartsWith("blk.", StringComparison.Ordinal) ? role[(role.IndexOf('.', 4) + 1)..] : role;
            if (!types.TryGetValue(name, out List<GgmlType>? list))
                types[name] = list = [];
            list.Add(typeOf(role, shape));
        }

        return string.Join("; ", types.Where(t => t.Value.Exists(v => v != GgmlType.F32)).Select(t => $"{t.Key} {string.Join(' ', Runs(t.Value))}"));
    }

    /// <summary>The types that our rules give every tensor, described as above.</summary>
    public string Describe(QuantizationOptions options)
    {
        RecipeTensor[] tensors = [.. Tensors().Select(t => new RecipeTensor(t.Role, t.Shape, GgmlType.F32))];
        Dictionary<string, GgmlType> types = tensors.Zip(options.TypesFor(tensors, Model)).ToDictionary(t => t.First.Name, t => t.Second, StringComparer.Ordinal);
        return Describe((role, _) => types[role]);
    }

    /// <summary>Writes the model as a GGUF file of float32 zeros, most of which take no place on disk.</summary>
    public void Write(string path)
    {
        (_, byte[] bytes, long length) = GgufHeader.Build(
            [.. Metadata().Select(m => KeyValuePair.Create(m.Key, new GgufValue(m.Value)))],
            [.. Tensors().Select(t => (t.Role, GgmlType.F32, t.Shape))]);
        using FileStream file = File.Create(path);
        file.Write(bytes);
        file.SetLength(length);
    }

    /// <summary>Writes the model as a GGUF file of random weights: matrices as F32, F16 or BF16, the rest as F32.</summary>
    public void Write(string path, GgmlType type, params IEnumerable<KeyValuePair<string, GgufValue>> more)
    {
        (GgufHeader header, byte[] bytes, long length) = GgufHeader.Build(
            [.. Metadata().Select(m => KeyValuePair.Create(m.Key, new GgufValue(m.Value))), .. more],
            [.. Tensors().Select(t => (t.Role, t.Shape.Count > 1 ? type : GgmlType.F32, t.Shape))]);
        var random = new Random(Layers);
        using FileStream file = File.Create(path);
        file.SetLength(length);
        file.Write(bytes);
        foreach (GgufTensor tensor in header.Tensors)
        {
            float[] numbers = new float[tensor.Shape.ElementCount];
            for (int i = 0; i < numbers.Length; i++)
                numbers[i] = (float)(random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5) * 0.05f;
            byte[] data = new byte[tensor.ByteSize];
            BlockFormats.Get(tensor.Type).Encode(numbers, (int)tensor.Shape.RowLength, [], data);
            file.Position = tensor.Offset;
            file.Write(data);
        }
    }

    private IEnumerable<(string Role, Shape Shape)> Block(int keys)
    {
        yield return ("attn_norm.weight", new Shape(Hidden));
        yield return ("ffn_norm.weight", new Shape(Hidden));
        if (Fused)
        {
            yield return ("attn_qkv.weight", new Shape(Hidden + 2 * keys, Hidden));
        }
        else
        {
            yield return ("attn_q.weight", new Shape(Hidden, Hidden));
            yield return ("attn_k.weight", new Shape(keys, Hidden));
            yield return ("attn_v.weight", new Shape(keys, Hidden));
        }

        yield return ("attn_output.weight", new Shape(Hidden, Hidden));
        if (Family == "qwen2")
            yield return ("attn_q.bias", new Shape(Hidden));
        if (Experts == 0)
        {
            yield return ("ffn_gate.weight", new Shape(FeedForward, Hidden));
            yield return ("ffn_up.weight", new Shape(FeedForward, Hidden));
            yield return ("ffn_down.weight", new Shape(Hidden, FeedForward));
            yield break;
        }

        yield return ("ffn_gate_inp.weight", new Shape(Experts, Hidden));
        yield return ("ffn_gate_exps.weight", new Shape(Experts, FeedForward, Hidden));
        yield return ("ffn_up_exps.weight", new Shape(Experts, FeedForward, Hidden));
        yield return ("ffn_down_exps.weight", new Shape(Experts, Hidden, FeedForward));
    }

    private IEnumerable<(string Key, object Value)> Metadata()
    {
        yield return ("general.architecture", Family);
        foreach ((string key, object value) in new (string, object)[]
        {
            ("block_count", (uint)Layers), ("context_length", 64u), ("embedding_length", (uint)Hidden), ("feed_forward_length", (uint)FeedForward),
            ("attention.head_count", (uint)Heads), ("attention.head_count_kv", (uint)KeyValueHeads), ("attention.layer_norm_rms_epsilon", 1e-5f),
        })
            yield return ($"{Family}.{key}", value);
        if (Experts > 0)
        {
            yield return ($"{Family}.expert_count", (uint)Experts);
            yield return ($"{Family}.expert_used_count", 2u);
            yield return ($"{Family}.expert_feed_forward_length", (uint)FeedForward);
        }
    }

    private static IEnumerable<string> Runs(List<GgmlType> types)
    {
        for (int i = 0, end; i < types.Count; i = end)
        {
            for (end = i; end < types.Count && types[end] == types[i];)
                end++;
            yield return $"{types[i]}×{end - i}";
        }
    }
}
