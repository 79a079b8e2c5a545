namespace HafsModels.Conversion;

/// <summary>
/// A whole export before any weight is read: the bytes of the header, and the exact place of every tensor. <see cref="PlanRunner"/> fills it.
/// </summary>
/// <param name="Activity">What is being made, for progress.</param>
/// <param name="Header">Everything before the first tensor.</param>
/// <param name="Tensors">The tensors, in the order of the output.</param>
/// <param name="FileBytes">Size of the finished output.</param>
public sealed record ExportPlan(string Activity, ReadOnlyMemory<byte> Header, IReadOnlyList<PlannedTensor> Tensors, long FileBytes)
{
    /// <summary>Each tensor takes a multiple of this many bytes of the output.</summary>
    public int Alignment { get; init; } = 1;

    /// <summary>What the user should know before it is done.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Makes the header that takes the place of <see cref="Header"/>, equally long, from the hashes of the source files; null where it states none.</summary>
    public Func<IReadOnlyList<string>, ReadOnlyMemory<byte>>? SealHeader { get; init; }

    /// <summary>Elements over all tensors.</summary>
    public long ElementCount => Tensors.Sum(t => t.Rows.Shape.ElementCount);

    /// <summary>Bytes that will be read from the source.</summary>
    public long SourceBytes => Tensors.Sum(t => t.Rows.SourceBytesPerRow * t.Rows.RowCount);

    /// <summary>Storage cost over all tensors, bits per weight.</summary>
    public double BitsPerWeight => 8.0 * Tensors.Sum(t => (double)t.ByteSize) / ElementCount;
}
