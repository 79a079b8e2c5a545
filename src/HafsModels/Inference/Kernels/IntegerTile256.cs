using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace HafsModels.Inference.Kernels;

/// <summary>Two vectors: eight sums, four rows and a vector in thirteen of sixteen registers.</summary>
internal readonly unsafe struct IntegerTile256 : IIntegerTile
{
    private const int Step = 16, Stride = UnpackedRows.Stride, Rows = UnpackedRows.TileRows;

    /// <inheritdoc/>
    public static int Vectors => 2;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(in UnpackedRows rows, int row, ActivationBatch batch, int first, int vectors, int block, int blocks, float* sums)
    {
        // As many steps as cannot overflow a lane, whatever the numbers: each adds two products to it.
        int run = Step * Math.Min(IntegerRowKernel.BlockElements / Step, (int)(int.MaxValue / (2L * IIntegerTile.LargestActivation * rows.Largest)));
        int other = batch.Distance(vectors - 1);
        short* w = rows.Integers(row), x = batch.Shorts(first, block);
        float* scales = stackalloc float[2 * Rows];
        byte* memory = stackalloc byte[((2 * Rows) + 1) * sizeof(Vector256<float>)];
        var totals = (Vector256<float>*)(memory + sizeof(Vector256<float>) - ((nint)memory % sizeof(Vector256<float>)));
        for (int i = 0; i < 2 * Rows; i++)
            totals[i] = default;
        for (int b = 0; b < blocks; b++)
        {
            for (int v = 0; v < vectors; v++)
                (rows.Factors(row, b) * *batch.Scales(first + v, block + b)).Store(scales + (v * Rows));
            for (int at = 0; at < IntegerRowKernel.BlockElements; at += run)
            {
                Vector256<int> x0 = default, x1 = default, x2 = default, x3 = default, y0 = default, y1 = default, y2 = default, y3 = default;
                for (short* end = w + run; w < end; w += Step, x += Step)
                {
                    Vector256<short> w0 = Vector256.Load(w), w1 = Vector256.Load(w + Stride), w2 = Vector256.Load(w + (2 * Stride)), w3 = Vector256.Load(w + (3 * Stride));
                    Vector256<short> v = Vector256.Load(x);
                    x0 += Shorts.Multiply(w0, v);
                    x1 += Shorts.Multiply(w1, v);
                    x2 += Shorts.Multiply(w2, v);
                    x3 += Shorts.Multiply(w3, v);
                    v = Vector256.Load(x + other);
                    y0 += Shorts.Multiply(w0, v);
                    y1 += Shorts.Multiply(w1, v);
                    y2 += Shorts.Multiply(w2, v);
                    y3 += Shorts.Multiply(w3, v);
                }

                AddScaled(totals, x0, x1, x2, x3, scales);
                AddScaled(totals + Rows, y0, y1, y2, y3, scales + Rows);
            }
        }

        for (int i = 0; i < 2 * Rows; i += Rows)
            Lanes.SumEach(totals[i], totals[i + 1], totals[i + 2], totals[i + 3]).Store(sums + i);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddScaled(Vector256<float>* totals, Vector256<int> a, Vector256<int> b, Vector256<int> c, Vector256<int> d, float* scales)
    {
        totals[0] = Shorts.AddScaled(totals[0], a, scales[0]);
        totals[1] = Shorts.AddScaled(totals[1], b, scales[1]);
        totals[2] = Shorts.AddScaled(totals[2], c, scales[2]);
        totals[3] = Shorts.AddScaled(totals[3], d, scales[3]);
    }
}
