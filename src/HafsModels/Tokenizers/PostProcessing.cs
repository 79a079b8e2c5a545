using System.Text.Json;

namespace HafsModels.Tokenizers;

/// <summary>The tokens put before and after a text.</summary>
/// <param name="Before">Ids before it.</param>
/// <param name="After">Ids after it.</param>
internal sealed record PostProcessing(IReadOnlyList<int> Before, IReadOnlyList<int> After)
{
    public static PostProcessing None { get; } = new([], []);

    /// <summary>Reads the post-processor of a tokenizer.json.</summary>
    public static PostProcessing Build(TokenizerJson json)
    {
        if (json.PostProcessor is not { } processor)
            return None;
        IEnumerable<JsonElement> parts = processor.Kind() == "Sequence" ? processor.Items("processors") : [processor];
        return parts.Aggregate(None, (done, part) => Add(done, part, json));
    }

    private static PostProcessing Add(PostProcessing done, JsonElement part, TokenizerJson json) => part.Kind() switch
    {
        "TemplateProcessing" => AddTemplate(done, part, json),
        "BertProcessing" or "RobertaProcessing" => new([PairId(part, "cls", json), .. done.Before], [.. done.After, PairId(part, "sep", json)]),
        "ByteLevel" => done,
        string kind => throw new HafsException(ErrorKind.Unsupported, "PostProcessorUnsupported", $"{json.Path}: the post-processor {kind} is not known", json.Path),
    };

    private static PostProcessing AddTemplate(PostProcessing done, JsonElement template, TokenizerJson json)
    {
        var before = new List<int>();
        var after = new List<int>();
        bool seen = false;
        foreach (JsonElement entry in template.Items("single"))
        {
            if (entry.Member("Sequence") is not null)
                seen = true;
            else if (entry.Member("SpecialToken")?.Text("id") is { } id)
                (seen ? after : before).AddRange(IdsOf(template, id, json));
        }

        return new PostProcessing([.. before, .. done.Before], [.. done.After, .. after]);
    }

    private static IEnumerable<int> IdsOf(JsonElement template, string id, TokenizerJson json) =>
        template.Member("special_tokens")?.Member(id) is { } token
            ? token.Items("ids").Select(item => item.Integer() ?? throw json.Invalid($"post_processor: '{id}' has a bad id"))
            : throw json.Invalid($"post_processor: '{id}' is not among special_tokens");

    private static int PairId(JsonElement part, string name, TokenizerJson json) =>
        part.Member(name) is { ValueKind: JsonValueKind.Array } pair && pair.GetArrayLength() == 2 && pair[1].Integer() is { } id
            ? id
            : throw json.Invalid($"post_processor: {name} is no pair of text and id");
}
