using System.Globalization;
using HafsModels;
using HafsModels.Formats.Gguf;

namespace Hafs;

/// <summary>What a GGUF file says, for people and for programs.</summary>
internal static class GgufView
{
    private const int MaxValueLength = 100;

    public static void Write(string path, bool withTensors, bool json)
    {
        using GgufFile file = GgufFile.Open(path);
        if (json)
        {
            Json.Write(new
            {
                path = file.Path,
                version = file.Version,
                alignment = file.Alignment,
                file_bytes = file.FileBytes,
                metadata = file.Metadata.ToDictionary(m => m.Key, m => m.Value.Value),
                tensors = file.Tensors.Select(t => new { name = t.Name, type = t.Type, shape = t.Shape, offset = t.Offset, bytes = t.ByteSize }),
            });
            return;
        }

        long elements = file.Tensors.Sum(t => t.Shape.ElementCount);
        Terminal.Line($"{file.Path}: GGUF v{file.Version}, {HumanNumber.Bytes(file.FileBytes)}, {file.Tensors.Count} tensors, {elements.ToString("N0", CultureInfo.InvariantCulture)} weights, "
            + $"{HumanNumber.Fixed(elements == 0 ? 0 : 8.0 * file.Tensors.Sum(t => t.ByteSize) / elements, 2)} bits/weight");
        Terminal.Table(null, ["Key", "Type", "Value"], file.Metadata.Select(m => new[]
        {
            m.Key, m.Value.ElementType is { } item ? $"{item}[{m.Value.Count}]" : m.Value.Type.ToString(), Shorten(m.Value),
        }));
        Terminal.Table(null, ["Type", "Tensors", "Bytes"], file.Tensors.GroupBy(t => t.Type).OrderBy(g => g.Key).Select(g => new[]
        {
            g.Key.ToString(), g.Count().ToString(CultureInfo.InvariantCulture), HumanNumber.Bytes(g.Sum(t => t.ByteSize)),
        }));
        if (withTensors)
        {
            Terminal.Table(null, ["Name", "Type", "Shape", "Bytes"], file.Tensors.Select(t => new[]
            {
                t.Name, t.Type.ToString(), t.Shape.ToString(), t.ByteSize.ToString("N0", CultureInfo.InvariantCulture),
            }));
        }
    }

    private static string Shorten(GgufValue value)
    {
        string text = value.Value is Array array
            ? string.Join(", ", array.Cast<object>().Take(6).Select(i => Convert.ToString(i, CultureInfo.InvariantCulture))) + (array.Length > 6 ? ", …" : "")
            : value.ToString();
        text = text.ReplaceLineEndings("\\n");
        return text.Length <= MaxValueLength ? text : text[..MaxValueLength] + "…";
    }
}
