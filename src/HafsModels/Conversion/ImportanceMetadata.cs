using HafsModels.Formats.Gguf;
using HafsModels.Quantization;

namespace HafsModels.Conversion;

/// <summary>What a file says about the importance matrix it was made with.</summary>
internal static class ImportanceMetadata
{
    /// <summary>Keys, types and what is left out are those of llama-quantize.</summary>
    public static IEnumerable<KeyValuePair<string, GgufValue>> Of(ImportanceOrigin origin)
    {
        yield return new("quantize.imatrix.file", new(origin.File));
        if (origin.Dataset is { } dataset)
            yield return new("quantize.imatrix.dataset", new(dataset));
        yield return new("quantize.imatrix.entries_count", new((uint)origin.EntryCount));
        if (origin.ChunkCount > 0)
            yield return new("quantize.imatrix.chunks_count", new((uint)origin.ChunkCount));
    }
}
