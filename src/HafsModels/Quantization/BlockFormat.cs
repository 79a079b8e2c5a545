using HafsModels.Quantization.Lanes;
using HafsModels.Tensors;

namespace HafsModels.Quantization;

/// <summary>
/// One way of storing rows of numbers in a GGUF file: a fixed number of elements makes a block of a fixed number of bytes.
/// The bytes equal those of ggml's x86-64 builds without FMA, whatever the CPU. Instances hold no state.
/// </summary>
public abstract class BlockFormat
{
    /// <summary>Creates the format of a ggml type.</summary>
    private protected BlockFormat(GgmlType type)
    {
        Type = type;
        (BlockElements, BlockBytes) = GgmlTypes.BlockOf(type) ?? throw new ArgumentOutOfRangeException(nameof(type));
    }

    /// <summary>The type as GGUF files number it.</summary>
    public GgmlType Type { get; }

    /// <summary>Elements in a block; every row is a whole number of blocks.</summary>
    public int BlockElements { get; }

    /// <summary>Bytes of a block.</summary>
    public int BlockBytes { get; }

    /// <summary>Storage cost of one element.</summary>
    public double BitsPerWeight => 8.0 * BlockBytes / BlockElements;

    /// <summary>Whether ggml refuses to make this type without an importance matrix.</summary>
    public virtual bool NeedsImportance => false;

    /// <summary>Encodes whole rows, with the widest vectors the CPU has.</summary>
    /// <param name="rows">The numbers, row after row.</param>
    /// <param name="rowLength">Elements in a row; a multiple of <see cref="BlockElements"/>.</param>
    /// <param name="importance">One weight for each column (length <paramref name="rowLength"/>), or empty.</param>
    /// <param name="destination">Takes <c>rows.Length / BlockElements * BlockBytes</c> bytes.</param>
    /// <exception cref="HafsException">The type <see cref="NeedsImportance"/> and there is none.</exception>
    public void Encode(ReadOnlySpan<float> rows, int rowLength, ReadOnlySpan<float> importance, Span<byte> destination)
        => Encode(LaneWidths.Widest, rows, rowLength, importance, destination);

    /// <summary>Decodes whole blocks.</summary>
    /// <param name="blocks">A whole number of blocks.</param>
    /// <param name="destination">Takes <c>blocks.Length / BlockBytes * BlockElements</c> numbers.</param>
    public void Decode(ReadOnlySpan<byte> blocks, Span<float> destination)
    {
        if (blocks.Length % BlockBytes != 0 || blocks.Length / BlockBytes * (long)BlockElements != destination.Length)
            throw new ArgumentException($"{blocks.Length} bytes of {Type} do not decode to {destination.Length} elements");
        DecodeBlocks(blocks, destination);
    }

    /// <summary>Encodes with a chosen vector width; the bytes are the same for each. For tests and benchmarks.</summary>
    internal void Encode(LaneWidth width, ReadOnlySpan<float> rows, int rowLength, ReadOnlySpan<float> importance, Span<byte> destination)
    {
        if (rowLength <= 0 || rowLength % BlockElements != 0 || rows.Length % rowLength != 0)
            throw new ArgumentException($"{rows.Length} elements are not rows of {rowLength} in whole {Type} blocks of {BlockElements}");
        if (rows.Length / BlockElements * (long)BlockBytes != destination.Length)
            throw new ArgumentException($"{rows.Length} elements of {Type} do not encode to {destination.Length} bytes");
        if (!importance.IsEmpty && importance.Length != rowLength)
            throw new ArgumentException($"{importance.Length} importance weights do not fit rows of {rowLength}");
        if (importance.IsEmpty && NeedsImportance)
        {
            throw new HafsException(ErrorKind.InvalidArgument, "ImportanceRequired", $"{Type} cannot be made without an importance matrix", Type.ToString(),
                "Give an importance matrix, or choose a larger type.");
        }

        switch (width)
        {
            case LaneWidth.Sixteen:
                EncodeLanes<Lanes16>(rows, rowLength, importance, destination);
                break;
            case LaneWidth.Eight:
                EncodeLanes<Lanes8>(rows, rowLength, importance, destination);
                break;
            case LaneWidth.Four:
                EncodeLanes<Lanes4>(rows, rowLength, importance, destination);
                break;
            default:
                EncodeRows(rows, rowLength, importance, destination);
                break;
        }
    }

    /// <summary>The scalar definition: encodes one row, exactly as ggml does. <paramref name="importance"/> is empty or as long as the row.</summary>
    private protected abstract void EncodeRow(ReadOnlySpan<float> row, ReadOnlySpan<float> importance, Span<byte> destination);

    /// <summary>The vector kernel, where the type has one: encodes checked rows to the bytes of the scalar definition.</summary>
    private protected virtual void EncodeLanes<V>(ReadOnlySpan<float> rows, int rowLength, ReadOnlySpan<float> importance, Span<byte> destination)
        where V : struct, ILanes<V>
        => EncodeRows(rows, rowLength, importance, destination);

    /// <summary>Encodes checked rows by the scalar definition.</summary>
    private protected void EncodeRows(ReadOnlySpan<float> rows, int rowLength, ReadOnlySpan<float> importance, Span<byte> destination)
    {
        int rowBytes = rowLength / BlockElements * BlockBytes;
        for (; !rows.IsEmpty; rows = rows[rowLength..], destination = destination[rowBytes..])
            EncodeRow(rows[..rowLength], importance, destination[..rowBytes]);
    }

    /// <summary>Decodes checked blocks.</summary>
    private protected abstract void DecodeBlocks(ReadOnlySpan<byte> blocks, Span<float> destination);
}
