using System.Text;
using HafsModels.Exports.Verification;
using HafsModels.Formats.Gguf;
using HafsModels.Tokenizers;

namespace HafsModels.Exports.Ollama;

/// <summary>What must hold of the Modelfiles of an export.</summary>
internal static class OllamaRules
{
    private static readonly ChatMessage[] Conversation =
        [new("system", "Be brief."), new("user", "Who?"), new("assistant", "He."), new("user", "Why?")];

    /// <summary>Every Modelfile is read by the whole grammar, is made from a GGUF file beside it, and has parameters that Ollama knows.</summary>
    public static string Modelfiles(ExportContents export)
    {
        var read = new List<string>();
        foreach ((string name, Modelfile file) in All(export))
        {
            if (File.ReadAllBytes(export.PathOf(name)).AsSpan().StartsWith(Encoding.UTF8.Preamble))
                throw Broken(name, "begins with a byte order mark");
            if (file.From.FirstOrDefault(f => !File.Exists(Path.GetFullPath(f, export.Path))) is { } missing)
                throw Broken(name, $"FROM names {missing}, which is not there");
            if (file.Parameters.Select(p => ModelfileParameter.Check(p.Key, p.Value)).OfType<string>().FirstOrDefault() is { } complaint)
                throw Broken(name, complaint);
            if (file.Template is null)
                throw Broken(name, "has no TEMPLATE");
            Vocabulary vocabulary = VocabularyOf(export, file);
            string[] ends = [.. Inference.StopTokens.Of(vocabulary).Select(id => vocabulary.Tokens[id])];
            if (ends.Length > 0 && !ends.Any(file.Stops.Contains))
                throw Broken(name, $"no stop is one of the tokens that end an answer ({string.Join(", ", ends)}): answers would not end");
            read.Add($"{name}: {file.Instructions.Count} instructions, {file.Stops.Count} stops");
        }

        return string.Join("; ", read);
    }

    /// <summary>Every template is read, and renders what the model's own chat template renders, unless the export says that it does not.</summary>
    public static string Templates(ExportContents export)
    {
        var found = new List<string>();
        foreach ((string name, Modelfile file) in All(export))
        {
            OllamaTemplate template = OllamaTemplate.Parse(file.Template ?? TemplateDerivation.PlainTemplate);
            Vocabulary vocabulary = VocabularyOf(export, file);
            if (vocabulary.ChatTemplate is not { } jinja)
            {
                found.Add($"{name}: the model has no chat template");
                continue;
            }

            var probe = new TemplateProbe(vocabulary, jinja);
            bool hasSystem = probe.Affixes()?.System is not null;
            ChatMessage[] messages = hasSystem ? Conversation : Conversation[1..];
            bool isSame = probe.Render(messages) == template.Render(messages);
            if (!isSame && !export.Notes.Any(n => n.Contains("TEMPLATE", StringComparison.Ordinal)))
                throw Broken(name, "TEMPLATE renders another prompt than the model's own chat template: the model would be asked in a form it was not trained on");
            found.Add(isSame ? $"{name}: renders what the model's own chat template renders" : $"{name}: differs from the model's own chat template, as the export says");
        }

        return string.Join("; ", found);
    }

    private static IEnumerable<(string Name, Modelfile File)> All(ExportContents export) =>
        export.Files.Where(f => f.StartsWith(Modelfile.FileName, StringComparison.Ordinal) && !f.Contains('/', StringComparison.Ordinal)).Select(f => (f, Modelfile.Read(export.PathOf(f))));

    private static Vocabulary VocabularyOf(ExportContents export, Modelfile file)
    {
        using GgufFile gguf = GgufFile.Open(Path.GetFullPath(file.From[0], export.Path));
        return Vocabulary.FromGguf(key => gguf.Find(key)?.Value, gguf.Path);
    }

    private static HafsException Broken(string name, string what) => new(ErrorKind.InvalidData, "ModelfileBroken", $"{name}: {what}", name);
}
