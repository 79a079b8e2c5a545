using HafsModels.Architectures;
using HafsModels.Formats.Gguf;
using HafsModels.Quantization;
using HafsModels.Tensors;

namespace HafsModels.Benchmarks;

/// <summary>A GGUF file of half a billion random parameters, typed by a recipe. Only its speed means anything.</summary>
internal static class GeneratedModel
{
    private static readonly DecoderConfig Config = new()
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

    /// <summary>Writes the file.</summary>
    public static void Write(string path, string recipeName)
    {
        Recipe recipe = Recipes.Get(recipeName);
        var model = new RecipeModel(Config.LayerCount, Config.HeadCount, Config.KeyValueHeadCount, Config.TiedEmbeddings);
        RecipeTensor[] tensors = [.. Shapes().Select(t => new RecipeTensor(t.Role, t.Shape, GgmlType.F32))];
        (GgufHeader header, byte[] bytes, long length) = GgufHeader.Build(
            [
                new("general.architecture", new(Config.Family)),
                new("llama.block_count", new((uint)Config.LayerCount)),
                new("llama.embedding_length", new((uint)Config.HiddenSize)),
                new("llama.feed_forward_length", new((uint)Config.FeedForwardSize)),
                new("llama.context_length", new((uint)Config.ContextLength)),
                new("llama.vocab_size", new((uint)Config.VocabularySize)),
                new("llama.attention.head_count", new((uint)Config.HeadCount)),
                new("llama.attention.head_count_kv", new((uint)Config.KeyValueHeadCount)),
                new("llama.attention.layer_norm_rms_epsilon", new(Config.NormEpsilon)),
                new("llama.rope.freq_base", new(Config.RopeBase)),
                new("llama.rope.dimension_count", new((uint)Config.RopeDimension)),
                new("general.file_type", new(recipe.FileType)),
                new("tokenizer.ggml.model", new("none")),
            ],
            [.. tensors.Zip(new QuantizationOptions(recipe).TypesFor(tensors, model), (tensor, type) => (tensor.Name, type, tensor.Shape))]);
        using FileStream file = File.Create(path);
        file.SetLength(length);
        file.Write(bytes);
        foreach (GgufTensor tensor in header.Tensors)
        {
            file.Position = tensor.Offset;
            byte[] row = Row(tensor);
            for (long i = 0; i < tensor.Shape.RowCount; i++)
                file.Write(row);
        }
    }

    private static IEnumerable<(string Role, Shape Shape)> Shapes()
    {
        int hidden = Config.HiddenSize, keys = Config.KeyValueHeadCount * Config.HeadDimension, forward = Config.FeedForwardSize;
        yield return ("token_embd.weight", new Shape(Config.VocabularySize, hidden));
        for (int i = 0; i < Config.LayerCount; i++)
        {
            yield return ($"blk.{i}.attn_norm.weight", new Shape(hidden));
            yield return ($"blk.{i}.attn_q.weight", new Shape(hidden, hidden));
            yield return ($"blk.{i}.attn_k.weight", new Shape(keys, hidden));
            yield return ($"blk.{i}.attn_v.weight", new Shape(keys, hidden));
            yield return ($"blk.{i}.attn_output.weight", new Shape(hidden, hidden));
            yield return ($"blk.{i}.ffn_norm.weight", new Shape(hidden));
            yield return ($"blk.{i}.ffn_gate.weight", new Shape(forward, hidden));
            yield return ($"blk.{i}.ffn_up.weight", new Shape(forward, hidden));
            yield return ($"blk.{i}.ffn_down.weight", new Shape(hidden, forward));
        }

        yield return ("output_norm.weight", new Shape(hidden));
        yield return ("output.weight", new Shape(Config.VocabularySize, hidden));
    }

    private static byte[] Row(GgufTensor tensor)
    {
        var random = new Random(tensor.Name.Length);
        float[] numbers = [.. Enumerable.Range(0, (int)tensor.Shape.RowLength).Select(_ => tensor.Shape.Count == 1 ? 1 : (random.NextSingle() - 0.5f) * 0.05f)];
        var row = new byte[tensor.Type.RowBytes(numbers.Length)];
        BlockFormats.Get(tensor.Type).Encode(numbers, numbers.Length, [], row);
        return row;
    }
}
