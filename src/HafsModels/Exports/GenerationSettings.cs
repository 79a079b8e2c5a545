using System.Text.Json;
using HafsModels.Formats;
using HafsModels.Tokenizers;

namespace HafsModels.Exports;

/// <summary>How a model's makers say it should generate: generation_config.json in the names of others.</summary>
/// <param name="EndIds">Tokens that end an answer.</param>
/// <param name="Numbers">Settings by their names in Ollama; empty where the file says nothing of them.</param>
internal sealed record GenerationSettings(IReadOnlyList<int> EndIds, IReadOnlyDictionary<string, double> Numbers)
{
    private const string FileName = "generation_config.json";
    private const int MaximumBytes = 1 << 20;

    // Key in generation_config.json, name in Ollama.
    private static readonly (string From, string To)[] Names =
        [("temperature", "temperature"), ("top_k", "top_k"), ("top_p", "top_p"), ("min_p", "min_p"), ("typical_p", "typical_p"), ("repetition_penalty", "repeat_penalty")];

    /// <summary>Reads a folder's settings; a file that is not there says nothing.</summary>
    /// <param name="folder">The model's folder, or null.</param>
    /// <param name="warnings">Takes what is wrong with the file; then it says nothing either.</param>
    public static GenerationSettings Read(string? folder, ICollection<string> warnings)
    {
        var numbers = new Dictionary<string, double>();
        if (folder is null || !File.Exists(Path.Combine(folder, FileName)))
            return new GenerationSettings([], numbers);
        try
        {
            using JsonDocument json = JsonFile.Read(Path.Combine(folder, FileName), MaximumBytes, "GenerationConfigTooLarge", "GenerationConfigJson");
            JsonElement root = json.RootElement;
            bool? samples = root.Flag("do_sample");
            foreach ((string from, string to) in Names)
            {
                if (root.Member(from) is { ValueKind: JsonValueKind.Number } value && value.TryGetDouble(out double number) && double.IsFinite(number) && (samples != false || to == "repeat_penalty"))
                    numbers[to] = number;
            }

            // Without sampling the most probable token is always taken.
            if (samples == false)
                numbers["temperature"] = 0;
            return new GenerationSettings(Ids(root), numbers);
        }
        catch (HafsException exception)
        {
            warnings.Add($"{exception.Message}; how its makers say the model should generate is left out");
            return new GenerationSettings([], numbers);
        }
    }

    private static int[] Ids(JsonElement root) => root.Integer("eos_token_id") is { } only
        ? [only]
        : [.. root.Items("eos_token_id").Select(id => id.Integer()).OfType<int>()];
}
