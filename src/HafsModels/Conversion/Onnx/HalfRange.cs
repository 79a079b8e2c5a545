using System.Collections.Concurrent;

namespace HafsModels.Conversion.Onnx;

/// <summary>Weights that half precision does not hold, gathered while they are written.</summary>
internal sealed class HalfRange
{
    /// <summary>Largest number of half precision.</summary>
    public const float Largest = 65504;

    private readonly ConcurrentDictionary<string, float> found = new(StringComparer.Ordinal);

    /// <summary>Notes a number beyond the range.</summary>
    public void Note(string tensor, float magnitude) => found.AddOrUpdate(tensor, magnitude, (_, known) => MathF.Max(known, magnitude));

    /// <summary>What to tell the user; null when everything fits.</summary>
    public string? Warning => found.IsEmpty ? null
        : $"half precision ends at {Largest:N0}; cut off there: {string.Join(", ", found.OrderBy(f => f.Key, StringComparer.Ordinal).Take(8).Select(f => $"{f.Key} (up to {f.Value:G4})"))}"
            + $"{(found.Count > 8 ? $" and {found.Count - 8} more" : "")}. The model may answer wrongly in fp16 and q4f16; q4 and fp32 hold these numbers.";
}
