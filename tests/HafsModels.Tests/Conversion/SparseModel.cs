using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using HafsModels.Architectures;
using HafsModels.Tensors;

namespace HafsModels.Tests.Conversion;

/// <summary>A checkpoint of any config whose weights are zeros that take no disk: names, types and shapes are what a plan needs.</summary>
internal sealed class SparseModel : IDisposable
{
    public SparseModel(string config, string tokenizerFolder)
    {
        File.WriteAllText(Path.Combine(Folder, "config.json"), config);
        foreach (string name in (ReadOnlySpan<string>)["tokenizer.json", "tokenizer_config.json"])
            File.Copy(Path.Combine(tokenizerFolder, name), Path.Combine(Folder, name));
        WriteWeights();
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("hafs-sparse-").FullName;

    /// <summary>A small llama or qwen2 config of the given sizes.</summary>
    public static string Config(string architecture, int layers, int hidden, int feedForward, int heads, int keyHeads, bool tied) => JsonSerializer.Serialize(new Dictionary<string, object?>
    {
        ["architectures"] = new[] { architecture },
        ["hidden_act"] = "silu",
        ["hidden_size"] = hidden,
        ["intermediate_size"] = feedForward,
        ["max_position_embeddings"] = 512,
        ["num_attention_heads"] = heads,
        ["num_hidden_layers"] = layers,
        ["num_key_value_heads"] = keyHeads,
        ["rms_norm_eps"] = 1e-5,
        ["tie_word_embeddings"] = tied,
        ["vocab_size"] = 2048,
    });

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private void WriteWeights()
    {
        ModelConfig config = ModelConfig.Read(Path.Combine(Folder, "config.json"));
        ModelFamily family = ModelFamilies.For(config);
        DecoderConfig decoder = family.DecoderFromConfig(config);
        var header = new SortedDictionary<string, object>(StringComparer.Ordinal);
        var shapes = new SortedDictionary<string, Shape>(StringComparer.Ordinal);
        foreach (FamilyData.TensorRule rule in family.Data.Tensors.Where(r => !(r.AbsentWhenTied && decoder.TiedEmbeddings)))
        {
            for (int i = 0; i < (rule.Name.Contains("{i}", StringComparison.Ordinal) ? decoder.LayerCount : 1); i++)
                shapes[ModelFamily.At(rule.Name, i)] = TensorShapes.Of(ModelFamily.At(rule.Role, i), decoder)!;
        }

        long offset = 0;
        foreach ((string name, Shape shape) in shapes)
        {
            long end = offset + 2 * shape.ElementCount;
            header[name] = new Dictionary<string, object> { ["dtype"] = "BF16", ["shape"] = shape.ToArray(), ["data_offsets"] = new[] { offset, end } };
            offset = end;
        }

        byte[] json = Encoding.UTF8.GetBytes(JsonSerializer.Serialize(header));
        byte[] length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, json.Length);
        using FileStream file = File.Create(Path.Combine(Folder, "model.safetensors"));
        file.Write(length);
        file.Write(json);
        file.SetLength(8 + json.Length + offset);
    }
}
