using System.Text.Json;
using HafsModels.Tests.Architectures;

namespace HafsModels.Tests.Conversion;

/// <summary>A checkpoint of any config whose weights are zeros that take no disk: names, types and shapes are what a plan needs.</summary>
internal sealed class SparseModel(string config, string tokenizerFolder) : IDisposable
{
    private readonly GeneratedCheckpoint checkpoint = new(config, tokenizerFolder, seed: null);

    public string Folder => checkpoint.Folder;

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

    public void Dispose() => checkpoint.Dispose();
}
