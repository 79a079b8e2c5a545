using HafsModels.Quantization;
using HafsModels.Tensors;

namespace HafsModels.Conversion;

/// <summary>One tensor of an export: where its numbers come from, how they are stored, and where.</summary>
/// <param name="Name">Name in the output.</param>
/// <param name="Format">How its rows are stored.</param>
/// <param name="Offset">First byte of its data in the output.</param>
/// <param name="ByteSize">Bytes of its data.</param>
/// <param name="Rows">Its numbers, as the output wants them.</param>
public sealed record PlannedTensor(string Name, BlockFormat Format, long Offset, long ByteSize, TensorRows Rows)
{
    /// <summary>How much each column counts: as many weights as a row has elements, or that many for each stacked expert; empty for all alike.</summary>
    public ReadOnlyMemory<float> Importance { get; init; }
}
