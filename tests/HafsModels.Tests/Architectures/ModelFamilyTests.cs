using System.Text.Json;
using System.Text.Json.Nodes;
using HafsModels.Architectures;
using Xunit;

namespace HafsModels.Tests.Architectures;

/// <summary>The data of families: its schema, its formulas, and what it refuses.</summary>
public sealed class ModelFamilyTests
{
    public static TheoryData<string, Action<JsonObject>> Broken => new()
    {
        { "rol", family => family["tensors"]![0]!["rol"] = "x" },
        { "name is \"Llama!\"", family => family["name"] = "Llama!" },
        { "examples is empty", family => family["examples"] = new JsonObject() },
        { "architectures is empty", family => family["architectures"] = new JsonArray() },
        { "there is no row transform \"twist\"", family => family["tensors"]![0]!["transform"] = new JsonArray("twist") },
        { "values.Layers is no value", family => family["values"]!["Layers"] = new JsonArray("1") },
        { "Hidden is no value", family => family["values"]!["RopePeriod"] = new JsonArray("Hidden * 2") },
        { "is needed at", family => family["values"]!["RopePeriod"] = new JsonArray("2 *") },
        { "sqrt takes 1 arguments", family => family["values"]!["RopePeriod"] = new JsonArray("sqrt(1, 2)") },
        { "no shape is known", family => family["tensors"]![0]!["role"] = "token_embedding.weight" },
        { "both have {i}", family => family["tensors"]![0]!["name"] = "layers.{i}.weight" },
        { "stated twice", family => family["tensors"]!.AsArray().Add(family["tensors"]![0]!.DeepClone()) },
        { "needs a value or a text", family => family["moreMetadata"]![0]!["text"] = "both" },
        { "type is U64", family => family["moreMetadata"]![0]!["type"] = "U64" },
        { "activation", family => family["activation"] = new JsonObject { ["silu"] = "Swish" } },
    };

    public static TheoryData<string> Names() => [.. ModelFamilies.All.Select(f => f.Name)];

    [Theory]
    [MemberData(nameof(Broken))]
    public void Data_that_breaks_a_rule_is_refused_with_the_rule(string rule, Action<JsonObject> spoil)
    {
        JsonObject family = JsonNode.Parse(File.ReadAllText(Repository.PathOf("src", "HafsModels", "Architectures", "Families", "llama.json")))!.AsObject();
        Assert.Equal("llama", ModelFamilies.Read("llama.json", family.ToJsonString()).Name);
        spoil(family);
        InvalidDataException error = Assert.Throws<InvalidDataException>(() => ModelFamilies.Read("llama.json", family.ToJsonString()));
        Assert.StartsWith("llama.json: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(rule, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_family_is_in_the_table_of_the_documentation_and_no_class_belongs_to_two(string name)
    {
        ModelFamily family = ModelFamilies.All.Single(f => f.Name == name);
        Assert.Contains($"| {name} |", File.ReadAllText(Repository.PathOf("docs", "families.md")), StringComparison.Ordinal);
        Assert.Empty(family.Architectures.Intersect(ModelFamilies.All.Where(f => f != family).SelectMany(f => f.Architectures)));
        Assert.True(File.Exists(Repository.PathOf("src", "HafsModels", "Architectures", "Families", name + ".json")), $"the file of {name} has another name");
    }

    [Theory]
    [MemberData(nameof(FamilyPeerTests.Examples), MemberType = typeof(FamilyPeerTests))]
    public void Keys_that_could_change_the_maths_are_refused_with_key_and_value(string family, string example)
    {
        JsonObject config = JsonObject.Create(ModelFamilies.All.Single(f => f.Name == family).Data.Examples[example])!;
        foreach ((string key, JsonNode value, string id) in new (string, JsonNode, string)[]
        {
            ("hidden_act", "mish", "ConfigVariant"), ("rope_scaling", new JsonObject { ["rope_type"] = "dynamic", ["factor"] = 2 }, "RopeScaling"),
            ("quantization_config", new JsonObject { ["quant_method"] = "awq" }, "ConfigVariant"), ("attention_window_of_next_year", 7, "ConfigKeyUnknown"),
        })
        {
            JsonObject changed = config.DeepClone().AsObject();
            foreach (string other in key == "hidden_act" ? (string[])["hidden_activation", "activation_function"] : key == "rope_scaling" ? ["rope_parameters"] : [])
                changed.Remove(other);
            changed[key] = value;
            HafsException error = Refused(changed);
            Assert.Equal((ErrorKind.Unsupported, id), (error.Kind, error.Id));
            Assert.Contains(key == "rope_scaling" ? "dynamic" : key, error.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("qwen2", "use_sliding_window", "true")]
    [InlineData("qwen3moe", "mlp_only_layers", "[1]")]
    [InlineData("llama", "sliding_window", "4096")]
    [InlineData("granite", "head_dim", "128")]
    [InlineData("smollm3", "no_rope_layers", "[1,1,0,0]")]
    [InlineData("gpt-oss", "layer_types", "[\"full_attention\",\"full_attention\",\"full_attention\",\"full_attention\"]")]
    [InlineData("gemma3", "attn_logit_softcapping", "50.0")]
    [InlineData("starcoder2", "use_bias", "false")]
    [InlineData("falcon", "alibi", "true")]
    [InlineData("deepseek2", "topk_method", "\"group_limited_greedy\"")]
    public void A_variant_that_a_family_does_not_compute_is_refused(string family, string key, string value)
    {
        JsonObject config = JsonObject.Create(ModelFamilies.All.Single(f => f.Name == family).Data.Examples.First().Value)!;
        config[key] = JsonNode.Parse(value);
        HafsException error = Refused(config);
        Assert.Equal("ConfigVariant", error.Id);
        Assert.Contains(key, error.Message, StringComparison.Ordinal);
    }

    /// <summary>Keys and sizes of well-known models, as transformers writes them.</summary>
    public static TheoryData<string> Written() => [.. Configs().EnumerateObject().Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Written))]
    public void A_config_as_transformers_writes_it_is_understood_and_a_gguf_file_can_say_it(string model)
    {
        string path = Path.Combine(Directory.CreateTempSubdirectory("hafs-config-").FullName, "config.json");
        File.WriteAllText(path, Configs().GetProperty(model).GetRawText());
        ModelConfig config = ModelConfig.Read(path);
        ModelFamily family = ModelFamilies.For(config);
        Assert.NotEmpty(family.Metadata(config, family.DecoderFromConfig(config), 1));
        Directory.Delete(Path.GetDirectoryName(path)!, true);
    }

    [Theory]
    [InlineData("1 + 2 * 3", 7.0)]
    [InlineData("(1 + 2) * 3 - 4 / 2", 7.0)]
    [InlineData("-2 + 1e-1 * 10", -1.0)]
    [InlineData("sqrt(16) == 4", 1.0)]
    [InlineData("choose(a < b, floor(b / a), 0)", 2.0)]
    [InlineData("a >= b", 0.0)]
    [InlineData("a and b != 5", 0.0)]
    [InlineData("missing? + a", 2.0)]
    [InlineData("missing + a", null)]
    [InlineData("choose(1, a, missing)", null)]
    [InlineData("word=silu", 1.0)]
    [InlineData("min(a, b) + max(a, b) + ln(1)", 7.0)]
    public void Formulas_compute(string formula, double? expected)
    {
        var names = new Dictionary<string, double?> { ["a"] = 2, ["b"] = 5, ["word=silu"] = 1 };
        Assert.Equal(expected, new FamilyExpression(formula).Evaluate(name => names.GetValueOrDefault(name)));
    }

    private static JsonElement Configs() =>
        JsonDocument.Parse(File.ReadAllBytes(Repository.PathOf("tests", "HafsModels.Tests", "Architectures", "transformers-configs.json"))).RootElement;

    private static HafsException Refused(JsonObject config)
    {
        string folder = Directory.CreateTempSubdirectory("hafs-config-").FullName;
        File.WriteAllText(Path.Combine(folder, "config.json"), config.ToJsonString());
        HafsException error = Assert.Throws<HafsException>(() => ModelFolder.Open(folder).Dispose());
        Directory.Delete(folder, true);
        return error;
    }
}
