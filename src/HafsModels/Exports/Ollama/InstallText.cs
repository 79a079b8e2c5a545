using System.Globalization;
using System.Text;

namespace HafsModels.Exports.Ollama;

/// <summary>How to bring an export into Ollama.</summary>
internal static class InstallText
{
    public static string Of(ExportSource source, IReadOnlyList<string> quantizations, DerivedTemplate derived)
    {
        string name = ModelName(source.Name);
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"# {source.Name} for Ollama\n\nIn this folder, with Ollama installed:\n\n```sh\n");
        foreach (string quantization in quantizations)
        {
            string tag = quantization == quantizations[0] ? name : $"{name}:{quantization.ToLowerInvariant()}";
            text.Append(CultureInfo.InvariantCulture, $"ollama create {tag} -f {OllamaFormat.FileName(quantizations, quantization)}\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"ollama run {name}\n```\n\nTo ask over HTTP:\n\n```sh\ncurl http://localhost:11434/api/chat -d '{{\"model\": \"{name}\", \"messages\": [{{\"role\": \"user\", \"content\": \"Hello\"}}]}}'\n```\n\n");
        text.Append(CultureInfo.InvariantCulture, $"| | |\n|---|---|\n| architecture | {source.Family} |\n| parameters | {source.ParameterCount:N0} |\n| made for | {source.ContextLength:N0} tokens; `PARAMETER num_ctx` says how many Ollama uses |\n| ends at | {string.Join(", ", derived.Stops.Select(s => $"`{s}`"))} |\n");
        text.Append("\n## Template\n\n");
        text.Append(derived.Warnings.Count == 0
            ? "TEMPLATE gives the same text as the model's own chat template in every conversation that was tried.\n"
            : string.Concat(derived.Warnings.Select(w => $"- {w}\n")));
        text.Append("\nTo remove the model: `ollama rm " + name + "`.\n");
        return text.ToString();
    }

    // Ollama's names are lower-case letters, digits, dots, dashes and underscores.
    internal static string ModelName(string name) => string.Concat(name.ToLowerInvariant().Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' ? c : '-')).Trim('-', '.', '_') is { Length: > 0 } plain ? plain : "model";
}
