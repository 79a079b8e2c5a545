using HafsModels.Exports.HuggingFace;
using HafsModels.Exports.LMStudio;
using HafsModels.Exports.Ollama;
using HafsModels.Exports.Onnx;

namespace HafsModels.Exports;

/// <summary>The formats there are.</summary>
public static class ExportFormats
{
    /// <summary>All formats.</summary>
    public static IReadOnlyList<ExportFormat> All { get; } = [new HuggingFaceFormat(), new OllamaFormat(), new GgufFormat(), new LMStudioFormat(), new OnnxFormat()];

    /// <summary>A format by its name, in any case.</summary>
    /// <exception cref="HafsException">There is none of that name.</exception>
    public static ExportFormat Get(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return All.FirstOrDefault(f => f.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            ?? throw new HafsException(ErrorKind.InvalidArgument, "ExportFormatUnknown", $"'{name}' is no format of exports; there are {string.Join(", ", All.Select(f => f.Name))}", name);
    }
}
