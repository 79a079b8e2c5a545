using System.Text.Json;
using HafsModels.Exports.Verification;
using HafsModels.Formats;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace HafsModels.Exports.LMStudio;

/// <summary>What must hold of the folders and settings of an export for LM Studio.</summary>
internal static class LMStudioRules
{
    /// <summary>Every GGUF file lies exactly two folders deep.</summary>
    public static string Layout(ExportContents export)
    {
        string[] files = [.. export.Files.Where(f => f.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase))];
        return files.FirstOrDefault(f => f.Count(c => c == '/') != 2) is { } misplaced
            ? throw Broken("LMStudioLayout", $"{misplaced}: LM Studio finds files exactly two folders deep")
            : string.Join(", ", files);
    }

    /// <summary>model.yaml is YAML, names the model and where it comes from, and its folder is there.</summary>
    public static string Yaml(ExportContents export)
    {
        try
        {
            var root = (YamlMappingNode)YamlText.Read(File.ReadAllText(export.PathOf("model.yaml")))!;
            string model = ((YamlScalarNode)root["model"]).Value!;
            foreach (YamlNode entry in ((YamlSequenceNode)root["base"]).Children)
            {
                string key = ((YamlScalarNode)entry["key"]).Value!;
                if (!export.Files.Any(f => f.StartsWith(key + "/", StringComparison.OrdinalIgnoreCase)))
                    throw Broken("LMStudioYaml", $"model.yaml: no file lies in {key}, which it is based on");
            }

            return model.Split('/').Length == 2 ? model : throw Broken("LMStudioYaml", $"model.yaml: '{model}' is not PUBLISHER/MODEL");
        }
        catch (Exception exception) when (exception is YamlException or InvalidCastException or KeyNotFoundException or ArgumentOutOfRangeException or NullReferenceException)
        {
            throw new HafsException(ErrorKind.InvalidData, "LMStudioYaml", $"model.yaml: is not as LM Studio has it: {exception.Message}", "model.yaml", inner: exception);
        }
    }

    /// <summary>lmstudio_config.json names files that are there.</summary>
    public static string Settings(ExportContents export)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(export.PathOf("lmstudio_config.json")));
            string[] named = [.. json.RootElement.GetProperty("models").EnumerateArray().Select(m => m.GetProperty("path").GetString()!)];
            return named.FirstOrDefault(n => !export.Files.Contains(n)) is { } missing
                ? throw Broken("LMStudioSettings", $"lmstudio_config.json names {missing}, which is not there")
                : $"{named.Length} files, context length {json.RootElement.GetProperty("context_length").GetInt32()}";
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new HafsException(ErrorKind.InvalidData, "LMStudioSettings", $"lmstudio_config.json: {exception.Message}", "lmstudio_config.json", inner: exception);
        }
    }

    private static HafsException Broken(string id, string what) => new(ErrorKind.InvalidData, id, what, what.Split(':')[0]);
}
