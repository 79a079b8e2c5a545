using HafsModels.Tensors;

namespace HafsModels.Quantization;

/// <summary>
/// One way of storing rows of numbers in a GGUF file: a fixed number of elements makes a block of a fixed number of bytes.
/// The bytes equal those of ggml's x86-64 builds without FMA, whatever the CPU. Instances hold no state.
/// </summary>
public abstract class BlockFormat
{
    /// <summary>Creates the format of a ggml type.</summary>
    protected BlockFormat(GgmlType type)
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

    /// <summary>Encodes whole rows.</summary>
    /// <param name="rows">The numbers, row after row.</param>
    /// <param name="rowLength">Elements in a row; a multiple of <see cref="BlockElements"/>.</param>
    /// <param name="importance">One weight for each column (length <paramref name="rowLength"/>), or empty.</param>
    /// <param name="destination">Takes <c>rows.Length / BlockElements * BlockBytes</c> bytes.</param>
    public abstract void Encode(ReadOnlySpan<float> rows, int rowLength, ReadOnlySpan<float> importance, Span<byte> destination);

    /// <summary>Decodes whole blocks.</summary>
    public abstract void Decode(ReadOnlySpan<byte> blocks, Span<float> destination);
}
