using System.Text.Json;

namespace HafsModels.Tests.Inference;

/// <summary>What the trained fixtures answer, computed in float from the stored weights by the framework that trained them.</summary>
internal sealed record Reference(int ValTokens, double Perplexity, int Context, IReadOnlyList<ReferencePrompt> Prompts)
{
    public static Reference Of(string model)
    {
        using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(Repository.PathOf("tests", "models", "reference", model + ".json")));
        JsonElement root = json.RootElement;
        return new Reference(
            root.GetProperty("val_tokens").GetInt32(),
            root.GetProperty("perplexity").GetDouble(),
            root.GetProperty("context").GetInt32(),
            [.. root.GetProperty("prompts").EnumerateArray().Select(prompt => new ReferencePrompt(
                prompt.GetProperty("prompt").GetString()!,
                Numbers(prompt.GetProperty("ids")),
                Numbers(prompt.GetProperty("greedy")),
                prompt.GetProperty("text").GetString()!,
                [.. prompt.GetProperty("logits_last").EnumerateArray().Select(number => number.GetSingle())]))]);
    }

    private static int[] Numbers(JsonElement array) => [.. array.EnumerateArray().Select(number => number.GetInt32())];
}

internal sealed record ReferencePrompt(string Prompt, int[] Ids, int[] Greedy, string Text, float[] LogitsLast);
