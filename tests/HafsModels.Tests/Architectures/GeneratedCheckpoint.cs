using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using HafsModels.Architectures;
using HafsModels.Tensors;

namespace HafsModels.Tests.Architectures;

/// <summary>A checkpoint made of a config.json: the right names and shapes, and random weights that depend on a seed alone.</summary>
internal sealed class GeneratedCheckpoint : IDisposable
{
    /// <summary>Makes one in a folder of its own.</summary>
    /// <param name="config">Text of config.json.</param>
    /// <param name="tokenizerFolder">Where tokenizer.json and tokenizer_config.json are.</param>
    /// <param name="seed">Seed of the weights; null for zeros that take no disk.</param>
    public GeneratedCheckpoint(string config, string tokenizerFolder, int? seed = 1)
    {
        Write(config, tokenizerFolder, items => items, seed);
    }

    /// <summary>Makes one of a model with a tower for pictures, whose text part is a model of its own.</summary>
    /// <param name="architecture">Class of the whole.</param>
    /// <param name="textConfig">Text of the text part's config.json.</param>
    /// <param name="textPrefix">What the names of its tensors begin with.</param>
    /// <param name="tokenizerFolder">Where tokenizer.json and tokenizer_config.json are.</param>
    public GeneratedCheckpoint(string architecture, string textConfig, string textPrefix, string tokenizerFolder)
    {
        Write(textConfig, tokenizerFolder, items => new(items.ToDictionary(i => textPrefix + i.Key, i => i.Value), StringComparer.Ordinal) { ["vision_tower.patch.weight"] = new Item(new Shape(4, 4), 0, 1) }, 1);
        var whole = new JsonObject { ["architectures"] = new JsonArray(architecture), ["text_config"] = JsonNode.Parse(textConfig), ["vision_config"] = new JsonObject { ["hidden_size"] = 4 } };
        File.WriteAllText(Path.Combine(Folder, "config.json"), whole.ToJsonString());
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("hafs-generated-").FullName;

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private void Write(string config, string tokenizerFolder, Func<SortedDictionary<string, Item>, SortedDictionary<string, Item>> change, int? seed)
    {
        File.WriteAllText(Path.Combine(Folder, "config.json"), config);
        foreach (string name in (ReadOnlySpan<string>)["tokenizer.json", "tokenizer_config.json"])
            File.Copy(Path.Combine(tokenizerFolder, name), Path.Combine(Folder, name));
        WriteWeights(change(Items(ModelConfig.Read(Path.Combine(Folder, "config.json")))), seed);
    }

    /// <summary>Every tensor a checkpoint of this config has.</summary>
    private static SortedDictionary<string, Item> Items(ModelConfig config)
    {
        ModelFamily family = ModelFamilies.For(config);
        DecoderConfig decoder = family.DecoderFromConfig(config);
        var items = new SortedDictionary<string, Item>(StringComparer.Ordinal);
        foreach (FamilyData.TensorRule rule in family.Data.Tensors.Where(r => !(r.AbsentWhenTied && decoder.TiedEmbeddings)))
        {
            for (int i = 0; i < (rule.Name.Contains("{i}", StringComparison.Ordinal) ? decoder.LayerCount : 1); i++)
            {
                if (!ModelFamily.Holds(rule.When, config, decoder, i))
                    continue;
                Shape shape = rule.Shape is null ? TensorShapes.Of(rule.Role, decoder)! : TensorShapes.Of(rule.Shape.Select(s => new FamilyExpression(s)), decoder);
                shape = FamilyTensors.Shapes(shape, [.. rule.Transform.Select(t => RowTransforms.All[t])], decoder)[0];
                bool isStack = rule.Name.Contains("{e}", StringComparison.Ordinal), isNorm = rule.Role.EndsWith("norm.weight", StringComparison.Ordinal) || rule.Role.EndsWith("norm_2.weight", StringComparison.Ordinal);
                float mean = isNorm && !rule.Transform.Contains("plus-one") ? 1 : 0;

                // Products keep about the size of their inputs, so that every part of a block shows in the logits.
                float deviation = isNorm || shape.Count == 1 ? 0.2f
                    : rule.Role.StartsWith("token_embd", StringComparison.Ordinal) ? decoder.TiedEmbeddings ? 0.08f : 0.7f
                    : rule.Role.StartsWith("output.", StringComparison.Ordinal) ? 0.08f
                    : 1.2f / MathF.Sqrt(shape[shape.Count - 1]);
                if (rule.Exponents is not null)
                {
                    items[ModelFamily.At(rule.Name, i)] = new Item(FamilyTensors.Packed(shape), 0, 255) { IsBytes = true };
                    items[ModelFamily.At(rule.Exponents, i)] = new Item(new Shape([.. shape.SkipLast(1), shape[shape.Count - 1] / MicroscaledRows.Group]), 119, 6) { IsBytes = true };
                    continue;
                }

                for (int e = 0; e < (isStack ? shape[0] : 1); e++)
                {
                    string name = ModelFamily.At(rule.Name, i).Replace("{e}", e.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
                    items[name] = new Item(isStack ? new Shape([.. shape.Skip(1)]) : shape, mean, deviation);
                }
            }
        }

        return items;
    }

    private void WriteWeights(SortedDictionary<string, Item> items, int? seed)
    {
        var header = new SortedDictionary<string, object>(StringComparer.Ordinal);
        long offset = 0;
        foreach ((string name, Item item) in items)
        {
            (string type, int size) = item.IsBytes ? ("U8", 1) : seed is null ? ("BF16", 2) : ("F32", 4);
            long end = offset + (size * item.Shape.ElementCount);
            header[name] = new Dictionary<string, object> { ["dtype"] = type, ["shape"] = item.Shape.ToArray(), ["data_offsets"] = new[] { offset, end } };
            offset = end;
        }

        byte[] json = Encoding.UTF8.GetBytes(JsonSerializer.Serialize(header)), length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, json.Length);
        using FileStream file = File.Create(Path.Combine(Folder, "model.safetensors"));
        file.Write(length);
        file.Write(json);
        if (seed is null)
        {
            file.SetLength(8 + json.Length + offset);
            return;
        }

        var random = new Random(seed.Value);
        foreach (Item item in items.Values)
        {
            if (item.IsBytes)
            {
                // Any byte up to the given width above the mean.
                file.Write([.. Enumerable.Range(0, (int)item.Shape.ElementCount).Select(_ => (byte)random.Next((int)item.Mean, (int)(item.Mean + item.Deviation) + 1))]);
                continue;
            }

            byte[] bytes = new byte[4 * item.Shape.ElementCount];
            for (int i = 0; i < bytes.Length; i += 4)
            {
                double normal = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
                BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i), item.Mean + (item.Deviation * (float)normal));
            }

            file.Write(bytes);
        }
    }

    private sealed record Item(Shape Shape, float Mean, float Deviation)
    {
        public bool IsBytes { get; init; }
    }
}
