using HafsModels.Quantization;
using HafsModels.Tensors;

namespace HafsModels.Conversion;

/// <summary>One tensor of an export: where its numbers come from, how they are stored, and where.</summary>
/// <param name="Name">Name in the output.</param>
/// <param name="Type">How its rows are stored.</param>
/// <param name="Offset">First byte of its data in the output.</param>
/// <param name="ByteSize">Bytes of its data.</param>
/// <param name="Rows">Its numbers, as the output wants them. Rows that are stored in the same type already are copied.</param>
public sealed record PlannedTensor(string Name, GgmlType Type, long Offset, long ByteSize, TensorRows Rows)
{
    /// <summary>Where the parts of its rows go, when they do not lie one after the other in <see cref="Type"/>; else null.</summary>
    internal RowLayout? Layout { get; init; }

    /// <summary>How its rows are encoded.</summary>
    public BlockFormat Format => BlockFormats.Get(Type);

    /// <summary>How much each column counts: as many weights as a row has elements, or that many for each stacked expert; empty for all alike.</summary>
    public ReadOnlyMemory<float> Importance { get; init; }

    /// <summary>Weights of the columns of one row: stacked experts have an importance each. Empty for all alike.</summary>
    internal ReadOnlySpan<float> ImportanceOf(long row) =>
        Importance.IsEmpty ? [] : Importance.Span.Slice((int)(row / RowsOfExpert) * Rows.RowLength, Rows.RowLength);

    /// <summary>How many of <paramref name="rows"/> rows from <paramref name="first"/> on have one importance.</summary>
    internal int RowsAlike(long first, int rows) => (int)Math.Min(rows, RowsOfExpert - first % RowsOfExpert);

    private long RowsOfExpert => Math.Max(1, Rows.RowCount / Math.Max(1, Importance.Length / Rows.RowLength));
}
