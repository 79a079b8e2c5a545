using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace HafsModels.Inference.Kernels;

/// <summary>A few blocks of a few rows as integers, in memory that is lent.</summary>
internal readonly unsafe struct UnpackedRows
{
    /// <summary>Rows of a tile.</summary>
    public const int TileRows = 4;

    /// <summary>Rows there is room for.</summary>
    public const int Rows = 16;

    /// <summary>Blocks of a row there is room for.</summary>
    public const int Blocks = 4;

    /// <summary>Integers from one row to the next.</summary>
    public const int Stride = Blocks * IntegerRowKernel.BlockElements;

    /// <summary>Memory it takes.</summary>
    public const int Bytes = (Rows * ((Stride * sizeof(short)) + ((Blocks + Groups) * sizeof(float)))) + Line;

    private const int Groups = Blocks * IntegerRowKernel.BlockGroups;
    private const int Line = 64;

    private readonly IntegerRowKernel kernel;
    private readonly short* integers;
    private readonly float* offsets;
    private readonly float* factors;

    /// <summary>Takes memory.</summary>
    /// <param name="memory">As much as <see cref="Bytes"/>; must not move.</param>
    /// <param name="kernel">Unpacks.</param>
    public UnpackedRows(byte* memory, IntegerRowKernel kernel)
    {
        this.kernel = kernel;
        integers = (short*)(memory + Line - ((nint)memory % Line));
        offsets = (float*)(integers + (Rows * Stride));
        factors = offsets + (Rows * Groups);
    }

    /// <summary>Largest magnitude of the integers.</summary>
    public int Largest => kernel.Largest;

    /// <summary>Integers of a row.</summary>
    public short* Integers(int row) => integers + (row * Stride);

    /// <summary>Factors of a block of four rows.</summary>
    public Vector128<float> Factors(int row, int block)
    {
        float* factor = factors + (row * Blocks) + block;
        return Vector128.Create(factor[0], factor[Blocks], factor[2 * Blocks], factor[3 * Blocks]);
    }

    /// <summary>Unpacks blocks of a row.</summary>
    public void Unpack(int row, ReadOnlySpan<byte> stored, int blocks)
    {
        fixed (byte* bytes = stored)
            kernel.Unpack(bytes, blocks, Integers(row), factors + (row * Blocks), offsets + (row * Groups));
    }

    /// <summary>What the offsets take from the products of four rows with a vector.</summary>
    /// <param name="row">First of the rows.</param>
    /// <param name="sums">Sums of each 32 elements of the vector.</param>
    /// <param name="blocks">Blocks.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector128<float> Offsets(int row, float* sums, int blocks)
    {
        if (!kernel.HasOffsets)
            return default;
        Vector256<float> a = default, b = default, c = default, d = default;
        float* offset = offsets + (row * Groups);
        for (int block = 0; block < blocks; block++, offset += IntegerRowKernel.BlockGroups, sums += IntegerRowKernel.BlockGroups)
        {
            Vector256<float> sum = Vector256.Load(sums);
            a = Vector256.MultiplyAddEstimate(Vector256.Load(offset), sum, a);
            b = Vector256.MultiplyAddEstimate(Vector256.Load(offset + Groups), sum, b);
            c = Vector256.MultiplyAddEstimate(Vector256.Load(offset + (2 * Groups)), sum, c);
            d = Vector256.MultiplyAddEstimate(Vector256.Load(offset + (3 * Groups)), sum, d);
        }

        return Lanes.SumEach(a, b, c, d);
    }
}
