using System.Globalization;
using System.Text;
using HafsModels.Registry;

namespace HafsModels.Exports.HuggingFace;

/// <summary>A model card for a model without one: what its files and its record say, and nothing else.</summary>
internal static class ModelCardText
{
    /// <summary>The card. Its metadata name only what is known, so that a conversion of the export says the same of itself as one of the model.</summary>
    public static string Of(ExportSource source, ExportRequest request)
    {
        var card = new StringBuilder("---\nlibrary_name: transformers\n");
        if (source.License is { } license)
            card.Append(CultureInfo.InvariantCulture, $"license: {Yaml.Text(license)}\n");
        if (request.BaseModel is { } baseModel)
            card.Append(CultureInfo.InvariantCulture, $"base_model: {Yaml.Text(baseModel)}\n");
        card.Append(CultureInfo.InvariantCulture, $"---\n\n# {source.Name}\n\n| | |\n|---|---|\n");
        foreach ((string what, string value) in Facts(source, request.Record))
            card.Append(CultureInfo.InvariantCulture, $"| {what} | {value.Replace("|", "\\|", StringComparison.Ordinal)} |\n");
        if (source.Vocabulary.ChatTemplate is not null)
            card.Append("\nThe tokenizer has a chat template: `tokenizer.apply_chat_template(messages, add_generation_prompt=True)`.\n");
        return card.ToString();
    }

    private static IEnumerable<(string What, string Value)> Facts(ExportSource source, Model? record)
    {
        yield return ("architecture", source.Family);
        yield return ("parameters", source.ParameterCount.ToString("N0", CultureInfo.InvariantCulture));
        yield return ("context length", source.ContextLength.ToString("N0", CultureInfo.InvariantCulture));
        yield return ("vocabulary", source.Vocabulary.Tokens.Count.ToString("N0", CultureInfo.InvariantCulture));
        if (record is null)
            yield break;
        (string, string?)[] known =
        [
            ("version", record.Version), ("trained from", record.BaseModel), ("training data", record.DatasetName), ("trained", record.TrainingDate),
            ("training samples", record.TrainSamples > 0 ? record.TrainSamples.ToString("N0", CultureInfo.InvariantCulture) : null),
            ("final loss", Number(record.FinalLoss)), ("evaluation loss", Number(record.EvalLoss)), ("perplexity", Number(record.Perplexity)), ("notes", record.Notes.ReplaceLineEndings(" ")),
        ];
        foreach ((string what, string? value) in known)
        {
            if (!string.IsNullOrEmpty(value))
                yield return (what, value);
        }
    }

    private static string? Number(double? value) => value?.ToString("0.####", CultureInfo.InvariantCulture);
}
