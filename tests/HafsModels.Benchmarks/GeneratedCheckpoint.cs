using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Nodes;
using HafsModels.Tests.Quantization;

namespace HafsModels.Benchmarks;

/// <summary>A llama checkpoint in bf16 with random weights, the same for a size on every machine, with the tokenizer of a small trained model. Only its speed means anything.</summary>
internal static class GeneratedCheckpoint
{
    private const int PoolElements = 1 << 22;

    /// <summary>Sizes of a model; the vocabulary is the tokenizer's where it is 0.</summary>
    public sealed record Sizes(int Hidden, int FeedForward, int Heads, int KeyValueHeads, int Layers, int Vocabulary);

    /// <summary>Llama 3.2's 3B with a vocabulary of 32,000 and a head of its own.</summary>
    public static Sizes ThreeBillion { get; } = new(3072, 8192, 24, 8, 28, 32000);

    /// <summary>Writes the folder, streamed.</summary>
    /// <param name="folder">Created; takes the checkpoint.</param>
    /// <param name="tokenizerFolder">A model folder whose config and tokenizer are taken.</param>
    /// <param name="gigabytes">About how large.</param>
    /// <returns>Bytes of the weights.</returns>
    public static long Write(string folder, string tokenizerFolder, double gigabytes)
    {
        var sizes = new Sizes(2048, 5632, 16, 4, 1, 0);
        long layerElements = Layer(0, sizes).Sum(t => Elements(t.Shape));
        return Write(folder, tokenizerFolder, sizes with { Layers = Math.Max(1, (int)(gigabytes * 1e9 / 2 / layerElements)) });
    }

    /// <summary>Writes the folder, streamed.</summary>
    /// <param name="folder">Created; takes the checkpoint.</param>
    /// <param name="tokenizerFolder">A model folder whose config and tokenizer are taken.</param>
    /// <param name="sizes">Its sizes.</param>
    /// <returns>Bytes of the weights.</returns>
    public static long Write(string folder, string tokenizerFolder, Sizes sizes)
    {
        Directory.CreateDirectory(folder);
        foreach (string file in new[] { "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json" })
            File.Copy(Path.Combine(tokenizerFolder, file), Path.Combine(folder, file), overwrite: true);
        JsonNode config = JsonNode.Parse(File.ReadAllText(Path.Combine(tokenizerFolder, "config.json")))!;
        int vocabulary = sizes.Vocabulary > 0 ? sizes.Vocabulary : (int)config["vocab_size"]!;
        (config["hidden_size"], config["intermediate_size"], config["num_attention_heads"], config["num_key_value_heads"]) = (sizes.Hidden, sizes.FeedForward, sizes.Heads, sizes.KeyValueHeads);
        (config["head_dim"], config["num_hidden_layers"], config["vocab_size"]) = (sizes.Hidden / sizes.Heads, sizes.Layers, vocabulary);
        File.WriteAllText(Path.Combine(folder, "config.json"), config.ToJsonString());

        List<(string Name, int[] Shape)> tensors = [("model.embed_tokens.weight", [vocabulary, sizes.Hidden])];
        for (int i = 0; i < sizes.Layers; i++)
            tensors.AddRange(Layer(i, sizes));
        tensors.AddRange([("model.norm.weight", [sizes.Hidden]), ("lm_head.weight", [vocabulary, sizes.Hidden])]);
        return WriteWeights(Path.Combine(folder, "model.safetensors"), tensors);
    }

    private static IEnumerable<(string Name, int[] Shape)> Layer(int i, Sizes sizes)
    {
        string layer = $"model.layers.{i}.";
        return
        [
            (layer + "input_layernorm.weight", [sizes.Hidden]),
            (layer + "mlp.down_proj.weight", [sizes.Hidden, sizes.FeedForward]),
            (layer + "mlp.gate_proj.weight", [sizes.FeedForward, sizes.Hidden]),
            (layer + "mlp.up_proj.weight", [sizes.FeedForward, sizes.Hidden]),
            (layer + "post_attention_layernorm.weight", [sizes.Hidden]),
            (layer + "self_attn.k_proj.weight", [sizes.KeyValueHeads * (sizes.Hidden / sizes.Heads), sizes.Hidden]),
            (layer + "self_attn.o_proj.weight", [sizes.Hidden, sizes.Hidden]),
            (layer + "self_attn.q_proj.weight", [sizes.Hidden, sizes.Hidden]),
            (layer + "self_attn.v_proj.weight", [sizes.KeyValueHeads * (sizes.Hidden / sizes.Heads), sizes.Hidden]),
        ];
    }

    private static long WriteWeights(string path, List<(string Name, int[] Shape)> tensors)
    {
        JsonObject header = [];
        long end = 0;
        foreach ((string name, int[] shape) in tensors)
        {
            long start = end;
            end += 2 * Elements(shape);
            header[name] = new JsonObject { ["dtype"] = "BF16", ["shape"] = JsonSerializer.SerializeToNode(shape), ["data_offsets"] = JsonSerializer.SerializeToNode(new[] { start, end }) };
        }

        byte[] json = JsonSerializer.SerializeToUtf8Bytes(header), length = new byte[8], pool = Pool();
        BinaryPrimitives.WriteInt64LittleEndian(length, json.Length);
        using FileStream file = File.Create(path);
        file.Write(length);
        file.Write(json);

        // Each tensor starts at its own place in a pool of normal numbers, so that no two are alike and the disk does not wait for a random generator.
        int number = 0;
        foreach ((_, int[] shape) in tensors)
        {
            int at = (int)(number++ * 2654435761L % PoolElements) * 2;
            for (long left = 2 * Elements(shape); left > 0;)
            {
                int count = (int)Math.Min(left, pool.Length - at);
                file.Write(pool, at, count);
                (left, at) = (left - count, 0);
            }
        }

        return end;
    }

    private static byte[] Pool()
    {
        Numbers numbers = new(11);
        byte[] pool = new byte[PoolElements * 2];
        for (int i = 0; i < PoolElements; i++)
            BinaryPrimitives.WriteUInt16LittleEndian(pool.AsSpan(2 * i), (ushort)(BitConverter.SingleToUInt32Bits((float)(numbers.Normal() * 0.02)) >> 16));
        return pool;
    }

    private static long Elements(int[] shape) => shape.Aggregate(1L, (product, n) => product * n);
}
