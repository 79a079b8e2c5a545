using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace HafsModels.Inference.Kernels;

/// <summary>Four vectors: sixteen sums and their four totals, four rows and a vector in twenty-five of thirty-two registers.</summary>
internal readonly unsafe struct IntegerTile512 : IIntegerTile
{
    private const int Step = 32, Stride = UnpackedRows.Stride, Rows = UnpackedRows.TileRows;

    /// <summary>Whether this processor has the instructions.</summary>
    public static bool IsSupported => Avx512BW.IsSupported;

    /// <inheritdoc/>
    public static int Vectors => 4;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(in UnpackedRows rows, int row, ActivationBatch batch, int first, int vectors, int block, int blocks, float* sums)
    {
        // A lane takes sixteen products of a block, which cannot overflow it: 16 × 32767 × 4096, the most there is, is 65,535 short of its limit.
        int y = batch.Distance(Math.Min(1, vectors - 1)), z = batch.Distance(Math.Min(2, vectors - 1)), u = batch.Distance(vectors - 1);
        short* w = rows.Integers(row), x = batch.Shorts(first, block);
        float* scale = batch.Scales(first, block);
        int yScale = batch.ScaleDistance(Math.Min(1, vectors - 1)), zScale = batch.ScaleDistance(Math.Min(2, vectors - 1)), uScale = batch.ScaleDistance(vectors - 1);
        Vector512<float> xTotal = default, yTotal = default, zTotal = default, uTotal = default;
        for (int b = 0; b < blocks; b++, scale++)
        {
            Vector512<int> x0 = default, x1 = default, x2 = default, x3 = default;
            Vector512<int> y0 = default, y1 = default, y2 = default, y3 = default;
            Vector512<int> z0 = default, z1 = default, z2 = default, z3 = default;
            Vector512<int> u0 = default, u1 = default, u2 = default, u3 = default;
            for (short* end = w + IntegerRowKernel.BlockElements; w < end; w += Step, x += Step)
            {
                Vector512<short> w0 = Vector512.Load(w), w1 = Vector512.Load(w + Stride), w2 = Vector512.Load(w + (2 * Stride)), w3 = Vector512.Load(w + (3 * Stride)), v;
                v = Vector512.Load(x);
                x0 += Avx512BW.MultiplyAddAdjacent(w0, v);
                x1 += Avx512BW.MultiplyAddAdjacent(w1, v);
                x2 += Avx512BW.MultiplyAddAdjacent(w2, v);
                x3 += Avx512BW.MultiplyAddAdjacent(w3, v);
                v = Vector512.Load(x + y);
                y0 += Avx512BW.MultiplyAddAdjacent(w0, v);
                y1 += Avx512BW.MultiplyAddAdjacent(w1, v);
                y2 += Avx512BW.MultiplyAddAdjacent(w2, v);
                y3 += Avx512BW.MultiplyAddAdjacent(w3, v);
                v = Vector512.Load(x + z);
                z0 += Avx512BW.MultiplyAddAdjacent(w0, v);
                z1 += Avx512BW.MultiplyAddAdjacent(w1, v);
                z2 += Avx512BW.MultiplyAddAdjacent(w2, v);
                z3 += Avx512BW.MultiplyAddAdjacent(w3, v);
                v = Vector512.Load(x + u);
                u0 += Avx512BW.MultiplyAddAdjacent(w0, v);
                u1 += Avx512BW.MultiplyAddAdjacent(w1, v);
                u2 += Avx512BW.MultiplyAddAdjacent(w2, v);
                u3 += Avx512BW.MultiplyAddAdjacent(w3, v);
            }

            Vector128<float> four = rows.Factors(row, b);
            Vector512<float> factors = Vector512.Create(Vector256.Create(four, four), Vector256.Create(four, four));
            xTotal = Lanes.MultiplyAdd(Sums(x0, x1, x2, x3), factors * scale[0], xTotal);
            yTotal = Lanes.MultiplyAdd(Sums(y0, y1, y2, y3), factors * scale[yScale], yTotal);
            zTotal = Lanes.MultiplyAdd(Sums(z0, z1, z2, z3), factors * scale[zScale], zTotal);
            uTotal = Lanes.MultiplyAdd(Sums(u0, u1, u2, u3), factors * scale[uScale], uTotal);
        }

        Store(xTotal, sums);
        Store(yTotal, sums + Rows);
        Store(zTotal, sums + (2 * Rows));
        Store(uTotal, sums + (3 * Rows));
    }

    /// <summary>In each quarter, the sums of that quarter of the four vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Sums(Vector512<int> a, Vector512<int> b, Vector512<int> c, Vector512<int> d)
    {
        Vector512<float> first = Vector512.ConvertToSingle(a), second = Vector512.ConvertToSingle(b), third = Vector512.ConvertToSingle(c), fourth = Vector512.ConvertToSingle(d);
        Vector512<float> ab = Avx512F.UnpackLow(first, second) + Avx512F.UnpackHigh(first, second);
        Vector512<float> cd = Avx512F.UnpackLow(third, fourth) + Avx512F.UnpackHigh(third, fourth);
        return Avx512F.Shuffle(ab, cd, 0b01_00_01_00) + Avx512F.Shuffle(ab, cd, 0b11_10_11_10);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector512<float> total, float* sums)
    {
        Vector256<float> half = total.GetLower() + total.GetUpper();
        (half.GetLower() + half.GetUpper()).Store(sums);
    }
}
