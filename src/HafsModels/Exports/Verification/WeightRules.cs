using System.Globalization;
using HafsModels.Architectures;
using HafsModels.Formats.Gguf;
using HafsModels.Inference;
using HafsModels.Tokenizers;

namespace HafsModels.Exports.Verification;

/// <summary>What must hold of the models in every export: they open, fit their settings, read and write text, and run.</summary>
internal static class WeightRules
{
    private const string PlainPrompt = "In the beginning";

    // What tokenizers stumble over: case, digits, other scripts, signs, lines, and the spelling of a special token within a text.
    private static readonly string[] Texts = ["Hello, World! 12345", "naïve façade – “quoted”", "日本語と中文", "a\nb\tc", "x = {'y': [1, 2]}; // z"];

    /// <summary>Its tokenizer reads and writes text.</summary>
    public static ExportRule TokenizerRule { get; } = new("tokenizer", Tokenizers);

    /// <summary>The rules, in order.</summary>
    public static IReadOnlyList<ExportRule> All { get; } = [new("weights", Weights), TokenizerRule, new("run", Run, Runs: true)];

    // Opening checks each tensor that the family needs against its settings, and that the file is as long as it says.
    private static string Weights(ExportContents export) => Each(export, model =>
    {
        if (Directory.Exists(model))
        {
            using ModelFolder folder = ModelFolder.Open(new ModelSource(model) { TextOnly = true });
            return string.Create(CultureInfo.InvariantCulture, $"{folder.Family.Name}, {folder.Tensors.Count} tensors, {folder.ParameterCount:N0} parameters fit config.json");
        }

        using GgufSet file = GgufSet.Open(model);
        DecoderConfig config = ModelFamilies.For(file).DecoderFromGguf(file);
        if (file.FindTensor("token_embd.weight") is { } embedding && (embedding.Shape.RowCount != config.VocabularySize || embedding.Shape.RowLength != config.HiddenSize))
            throw Broken(model, $"token_embd.weight has {embedding.Shape.RowCount:N0} rows of {embedding.Shape.RowLength:N0}, and the metadata say {config.VocabularySize:N0} of {config.HiddenSize:N0}");
        return string.Create(CultureInfo.InvariantCulture, $"{config.Family}, {file.Tensors.Count} tensors, {config.LayerCount} blocks fit the metadata");
    });

    private static string Tokenizers(ExportContents export) => Each(export, model =>
    {
        (Vocabulary vocabulary, Tokenizer tokenizer) = OpenTokenizer(model);
        foreach (string text in Texts)
        {
            int[] ids = tokenizer.Encode(text, addSpecial: false, parseSpecial: false);
            if (ids.FirstOrDefault(id => id < 0 || id >= vocabulary.Tokens.Count, -1) is var wrong and >= 0)
                throw Broken(model, $"the tokenizer makes token {wrong:N0} of '{text}', and there are {vocabulary.Tokens.Count:N0}");
            string back = tokenizer.Decode(ids);

            // A vocabulary without bytes has no tokens for some texts; it says so by its token for the unknown.
            if (back.Trim() != text && (vocabulary.UnkId is not int unknown || !ids.Contains(unknown)))
                throw Broken(model, $"'{text}' comes back from the tokenizer as '{back}'");
        }

        return string.Create(CultureInfo.InvariantCulture, $"{vocabulary.Tokens.Count:N0} tokens; {Texts.Length} texts come back as they were");
    });

    private static string Run(ExportContents export) => string.Join("; ", export.Models.Select(model =>
    {
        string? hash = export.HashOf(model.Name);
        if (hash is null || !export.Runs.TryGetValue(hash, out ExportRunOutcome? outcome))
        {
            outcome = Run(export, model.Path);
            if (hash is not null)
                export.Runs.Add(hash, outcome);
        }

        if (export.Sample.Prompt.Length == 0)
            export.Sample = (outcome.Prompt, outcome.Output);
        return export.Models.Count == 1 ? outcome.Detail : $"{model.Name}: {outcome.Detail}";
    }));

    private static ExportRunOutcome Run(ExportContents export, string model)
    {
        TextGenerator generator = export.Open(model);
        string prompt = export.Options.Prompt ?? PlainPrompt;
        int repeats = Math.Max(1, export.Options.Repeats);
        TextGeneration? first = null;
        for (int i = 0; i < repeats; i++)
        {
            TextGeneration answer = generator.Generate(prompt, new GenerationOptions { MaxTokens = export.Options.MaxTokens }, null, export.Stop);
            if (first is not null && !first.Tokens.SequenceEqual(answer.Tokens))
                throw Broken(model, $"answers to the same prompt differ: '{first.Text}' and '{answer.Text}'");
            first ??= answer;
        }

        float[] logits = generator.Decoder.Logits(generator.Tokenizer.Encode(prompt), export.Stop);
        if (Array.Exists(logits, l => !float.IsFinite(l)))
            throw Broken(model, "the model gives logits that are not finite numbers");
        if (logits.Max() - logits.Min() < 1e-6f)
            throw Broken(model, "the model finds all tokens equally probable: its weights are damaged or empty");
        return new ExportRunOutcome(prompt, first!.Text, string.Create(CultureInfo.InvariantCulture, $"{first.Tokens.Count} tokens, {repeats} times the same: '{HumanNumber.OneLine(first.Text, 60)}'"));
    }

    private static (Vocabulary Vocabulary, Tokenizer Tokenizer) OpenTokenizer(string model)
    {
        if (Directory.Exists(model))
            return (Vocabulary.Load(model), Tokenizer.Load(model));
        using GgufFile file = GgufFile.Open(model);
        Vocabulary vocabulary = Vocabulary.FromGguf(key => file.Find(key)?.Value, file.Path);
        return (vocabulary, Tokenizer.FromVocabulary(vocabulary, file.Path));
    }

    private static string Each(ExportContents export, Func<string, string> look) =>
        string.Join("; ", export.Models.Select(m => export.Models.Count == 1 ? look(m.Path) : $"{m.Name}: {look(m.Path)}"));

    private static HafsException Broken(string model, string what) => new(ErrorKind.InvalidData, "ExportBroken", $"{Path.GetFileName(model)}: {what}", model);
}
