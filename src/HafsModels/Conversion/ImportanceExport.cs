using HafsModels.Formats.Gguf;
using HafsModels.Formats.ImportanceMatrices;
using HafsModels.Tensors;

namespace HafsModels.Conversion;

/// <summary>Plans the GGUF file of an importance matrix, as llama-imatrix writes it and llama-quantize reads it.</summary>
public static class ImportanceExport
{
    /// <summary>Plans the file.</summary>
    /// <param name="sums">Sums by role.</param>
    /// <param name="dataset">Name of the text.</param>
    /// <param name="chunkCount">Chunks it was run in.</param>
    /// <param name="chunkTokens">Tokens of a chunk.</param>
    public static ExportPlan Plan(IReadOnlyDictionary<string, ActivationSums> sums, string dataset, int chunkCount, int chunkTokens)
    {
        ArgumentNullException.ThrowIfNull(sums);
        (string Name, float[] Values)[] tensors =
        [
            .. sums.OrderBy(s => s.Key, StringComparer.Ordinal).SelectMany(s => new[]
            {
                (s.Key + ActivationSums.SquaresSuffix, s.Value.Squares.ToArray()),
                (s.Key + ActivationSums.CountsSuffix, s.Value.Counts.ToArray()),
            }),
        ];
        (GgufHeader header, byte[] bytes, long fileBytes) = GgufHeader.Build(
            [
                new("general.type", new("imatrix")),
                new(GgufImportance.DatasetsKey, new(new[] { dataset })),
                new(GgufImportance.ChunkCountKey, new((uint)chunkCount)),
                new(GgufImportance.ChunkSizeKey, new((uint)chunkTokens)),
            ],
            [.. tensors.Select(t => (t.Name, GgmlType.F32, new Shape(t.Values.Length)))]);
        return new ExportPlan(
            "Writing the importance matrix",
            bytes,
            [.. tensors.Select((t, i) => new PlannedTensor(t.Name, GgmlType.F32, header.Tensors[i].Offset, header.Tensors[i].ByteSize, new ComputedRows(t.Values)))],
            fileBytes);
    }
}
