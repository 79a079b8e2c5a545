using System.Globalization;
using System.Text.Json;

namespace HafsModels.Exports;

/// <summary>How a model's makers say it should generate: generation_config.json in the names of others.</summary>
/// <param name="EndIds">Tokens that end an answer.</param>
/// <param name="Numbers">Settings by their names in Ollama; empty where the file says nothing of them.</param>
internal sealed record GenerationSettings(IReadOnlyList<int> EndIds, IReadOnlyDictionary<string, double> Numbers)
{
    private const string FileName = "generation_config.json";
    private const long MaximumBytes = 1 << 20;

    // Key in generation_config.json, name in Ollama.
    private static readonly (string From, string To)[] Names =
        [("temperature", "temperature"), ("top_k", "top_k"), ("top_p", "top_p"), ("min_p", "min_p"), ("typical_p", "typical_p"), ("repetition_penalty", "repeat_penalty")];

    /// <summary>Reads a folder's settings; a file that is not there or is no JSON says nothing.</summary>
    public static GenerationSettings Read(string? folder)
    {
        var numbers = new Dictionary<string, double>();
        if (folder is null || new FileInfo(Path.Combine(folder, FileName)) is not { Exists: true, Length: <= MaximumBytes } file)
            return new GenerationSettings([], numbers);
        try
        {
            using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(file.FullName));
            JsonElement root = json.RootElement;
            bool? samples = root.TryGetProperty("do_sample", out JsonElement sample) && sample.ValueKind is JsonValueKind.True or JsonValueKind.False ? sample.GetBoolean() : null;
            foreach ((string from, string to) in Names)
            {
                if (root.TryGetProperty(from, out JsonElement value) && value.ValueKind == JsonValueKind.Number && (samples != false || to == "repeat_penalty"))
                    numbers[to] = double.Parse(value.GetRawText(), NumberStyles.Float, CultureInfo.InvariantCulture);
            }

            // Without sampling the most probable token is always taken.
            if (samples == false)
                numbers["temperature"] = 0;
            return new GenerationSettings(Ids(root), numbers);
        }
        catch (JsonException)
        {
            return new GenerationSettings([], numbers);
        }
    }

    private static int[] Ids(JsonElement root) => !root.TryGetProperty("eos_token_id", out JsonElement ids) ? []
        : ids.ValueKind == JsonValueKind.Array ? [.. ids.EnumerateArray().Where(i => i.TryGetInt32(out _)).Select(i => i.GetInt32())]
        : ids.ValueKind == JsonValueKind.Number && ids.TryGetInt32(out int id) ? [id]
        : [];
}
