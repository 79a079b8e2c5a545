using System.Text.Json.Nodes;
using HafsModels.Architectures;
using Xunit;

namespace HafsModels.Tests.Conversion.Adapters;

/// <summary>Adapters that are of another kind, damaged, or made for another model: refused before anything is written, and named.</summary>
public sealed class AdapterRefusalTests
{
    private const string Query = "model.layers.0.self_attn.q_proj", Other = "model.layers.1.self_attn.q_proj";

    [Theory]
    [InlineData("""{"use_dora":true}""", "DoRA")]
    [InlineData("""{"peft_type":"LOHA"}""", "LOHA")]
    [InlineData("""{"peft_type":"LOKR"}""", "LOKR")]
    [InlineData("""{"peft_type":"IA3"}""", "IA3")]
    [InlineData("""{"peft_type":"PROMPT_TUNING"}""", "PROMPT_TUNING")]
    [InlineData("""{"layer_replication":[[0,1],[0,2]]}""", "layer replication")]
    [InlineData("""{"lora_bias":true}""", "bias of its own")]
    [InlineData("""{"target_parameters":["experts.gate_up_proj"]}""", "bare parameters")]
    [InlineData("""{"trainable_token_indices":[1,2]}""", "single trained tokens")]
    [InlineData("""{"alora_invocation_tokens":[5]}""", "activated LoRA")]
    [InlineData("""{"init_lora_weights":"pissa_niter_16"}""", "pissa_niter_16")]
    [InlineData("""{"init_lora_weights":"olora"}""", "olora")]
    [InlineData("""{"use_something_new":true}""", "use_something_new")]
    public void Another_kind_of_adapter_is_unsupported_and_named(string settings, string named) => Refused(settings, ErrorKind.Unsupported, "AdapterKind", named);

    [Theory]
    [InlineData("""{"r":0}""", "AdapterConfigValue", "r is 0")]
    [InlineData("""{"r":"four"}""", "AdapterConfigValue", "r is")]
    [InlineData("""{"lora_alpha":null}""", "AdapterConfigValue", "lora_alpha")]
    [InlineData("""{"lora_alpha":1e300}""", "AdapterConfigValue", "lora_alpha")]
    [InlineData("""{"bias":"some"}""", "AdapterConfigValue", "bias is some")]
    [InlineData("""{"peft_type":null}""", "AdapterConfigValue", "peft_type")]
    [InlineData("""{"rank_pattern":["q_proj"]}""", "AdapterConfigValue", "rank_pattern")]
    [InlineData("""{"rank_pattern":{"(q_proj":4}}""", "AdapterConfigPattern", "rank_pattern")]
    [InlineData("""{"rank_pattern":{"q_proj":-1}}""", "AdapterConfigValue", "rank_pattern.q_proj")]
    [InlineData("""{"r":8}""", "AdapterRank", "rank 8")]
    [InlineData("""{"target_modules":["v_proj"]}""", "AdapterTargets", "target_modules")]
    [InlineData("""{"target_modules":".*\\.v_proj"}""", "AdapterTargets", "target_modules")]
    public void Settings_that_cannot_be_are_refused(string settings, string id, string named) => Refused(settings, ErrorKind.InvalidData, id, named);

    [Fact]
    public void An_expression_that_would_take_for_ever_is_given_up() =>
        Refused("""{"rank_pattern":{"((m|o|d|e|l|[a-z0-9_.])*)*!":4}}""", ErrorKind.InvalidData, "AdapterConfigPattern", "takes more than");

    [Fact]
    public void Every_tensor_must_have_a_place_in_the_base_model()
    {
        using var model = new TinyModel();
        (TinyTensor a, TinyTensor b) = model.Factors("model.layers.7.self_attn.q_proj", 4, TinyModel.Hidden, TinyModel.Hidden);
        model.WriteAdapter([], a, b);
        Refused(model, "AdapterTensorUnused", "model.layers.7.self_attn.q_proj", "trained on base");

        model.WriteAdapter([], model.Make("base_model.model.model.layers.0.self_attn.q_proj.bias", TinyModel.Hidden));
        Refused(model, "AdapterTensorUnused", "model.layers.0.self_attn.q_proj.bias");

        model.WriteAdapter([], model.Make("model.norm.weight", TinyModel.Hidden));
        Refused(model, "AdapterTensorName", "model.norm.weight");
    }

    [Fact]
    public void Shapes_that_do_not_fit_are_stated_both()
    {
        using var model = new TinyModel();
        (TinyTensor a, TinyTensor b) = model.Factors(Query, 4, TinyModel.Hidden, TinyModel.Inner);
        model.WriteAdapter([], a, b);
        Refused(model, "AdapterShape", "[64, 96]", "[64, 64]");

        model.WriteAdapter([], model.Make("base_model.model.model.norm.weight", 65));
        Refused(model, "AdapterShape", "[65]", "[64]");

        // Only embedding and head may have more rows.
        model.WriteAdapter([], model.Make("base_model.model.model.layers.0.self_attn.q_proj.weight", 65, 64));
        Refused(model, "AdapterShape", "[65, 64]", "[64, 64]");

        // A resized embedding with the head left behind.
        model.WriteAdapter([], model.Make("base_model.model.model.embed_tokens.weight", TinyModel.Vocabulary + 1, TinyModel.Hidden));
        Refused(model, "TensorShape", "[96, 64]", "[97, 64]");
    }

    [Fact]
    public void Factors_come_in_pairs_once_and_for_every_layer()
    {
        using var model = new TinyModel();
        (TinyTensor a, TinyTensor b) = model.Factors(Query, 4, TinyModel.Hidden, TinyModel.Hidden);
        model.WriteAdapter([], a);
        Refused(model, "AdapterFactorMissing", Query, "no factor B");

        model.WriteAdapter([], a, b, a with { Name = a.Name.Replace("lora_A.weight", "lora_A.default.weight", StringComparison.Ordinal) });
        Refused(model, "AdapterTensorTwice", Query);

        model.WriteAdapter(new JsonObject { ["target_modules"] = new JsonArray("q_proj") }, a, b);
        Refused(model, "AdapterIncomplete", Other);

        model.WriteAdapter(new JsonObject { ["target_modules"] = new JsonArray("q_proj"), ["layers_to_transform"] = new JsonArray(0) }, a, b);
        ModelFolder.Open(new ModelSource(model.BasePath, model.AdapterPath)).Dispose();
    }

    [Theory]
    [InlineData("base_model.model.model.layers.0.self_attn.q_proj.lora_magnitude_vector", "DoRA")]
    [InlineData("base_model.model.model.layers.0.self_attn.q_proj.hada_w1_a", "LoHa")]
    [InlineData("base_model.model.model.layers.0.self_attn.q_proj.lora_A.second.weight", "lora_A.second")]
    [InlineData("base_model.model.model.embed_tokens.token_adapter.trainable_tokens_delta", "single trained tokens")]
    public void A_tensor_of_another_kind_is_unsupported_and_named(string tensor, string named)
    {
        using var model = new TinyModel();
        (TinyTensor a, TinyTensor b) = model.Factors(Query, 4, TinyModel.Hidden, TinyModel.Hidden);
        model.WriteAdapter([], a, b, model.Make(tensor, 4, TinyModel.Hidden));
        HafsException error = Refused(model, "AdapterKind", named);
        Assert.Equal(ErrorKind.Unsupported, error.Kind);
    }

    [Fact]
    public void A_folder_without_settings_or_weights_says_what_is_missing()
    {
        using var model = new TinyModel();
        Refused(model, "AdapterConfigMissing", "adapter_config.json");
        model.WriteAdapter([]);
        Refused(model, "AdapterEmpty", "no tensors");
        File.Delete(Path.Combine(model.AdapterPath, "adapter_model.safetensors"));
        Refused(model, "AdapterWeightsMissing", "adapter_model.bin");
        File.WriteAllText(Path.Combine(model.AdapterPath, "adapter_config.json"), "[1");
        Refused(model, "AdapterConfigJson", "not valid JSON");
    }

    private static void Refused(string settings, ErrorKind kind, string id, string named)
    {
        using var model = new TinyModel();
        (TinyTensor a, TinyTensor b) = model.Factors(Query, 4, TinyModel.Hidden, TinyModel.Hidden);
        model.WriteAdapter(JsonNode.Parse(settings)!.AsObject(), a, b);
        Assert.Equal(kind, Refused(model, id, named).Kind);
    }

    private static HafsException Refused(TinyModel model, string id, params string[] named)
    {
        HafsException error = Assert.Throws<HafsException>(() => ModelFolder.Open(new ModelSource(model.BasePath, model.AdapterPath)).Dispose());
        Assert.True(error.Id == id, $"{error.Id}: {error.Message}");
        Assert.All(named, n => Assert.Contains(n, error.Message + error.Hint, StringComparison.Ordinal));
        return error;
    }
}
