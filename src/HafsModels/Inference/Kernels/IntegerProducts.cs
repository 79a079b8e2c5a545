using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace HafsModels.Inference.Kernels;

/// <summary>
/// Products of rows of integers with many vectors of integers. Sixteen rows are unpacked four blocks at a time; while all vectors pass, four rows
/// stay in the first-level cache and are multiplied with two vectors at once. What is summed as integers is exact.
/// </summary>
internal static unsafe class IntegerProducts
{
    private const int TileRows = 4, PartRows = 16, PartBlocks = 4;
    private const int PartElements = (PartBlocks * IntegerRowKernel.BlockElements) + StepElements, PartGroups = PartBlocks * IntegerRowKernel.BlockGroups;
    private const int PartBytes = PartRows * ((PartElements * sizeof(short)) + ((PartBlocks + PartGroups) * sizeof(float)));
    private const int Line = 64;

    // A step adds two products to each 32-bit lane.
    private const int StepElements = 16, LargestActivation = 32767;

    /// <summary>Multiplies some rows of a matrix with all vectors.</summary>
    /// <param name="matrix">Its kernel is an <see cref="IntegerRowKernel"/>.</param>
    /// <param name="from">First row.</param>
    /// <param name="to">The one after the last.</param>
    /// <param name="batch">The vectors.</param>
    /// <param name="count">Vectors.</param>
    /// <param name="product">Vector after vector, each as long as the matrix has rows; takes the rows' elements.</param>
    public static void Multiply(WeightMatrix matrix, int from, int to, ActivationBatch batch, int count, Span<float> product)
    {
        var kernel = (IntegerRowKernel)matrix.Kernel;
        int blocks = matrix.Columns / IntegerRowKernel.BlockElements, blockBytes = matrix.RowBytes / blocks;
        byte[] rented = ArrayPool<byte>.Shared.Rent(PartBytes + Line);
        fixed (byte* memory = rented)
        {
            var part = new Part((short*)(memory + Line - ((nint)memory % Line)), kernel);
            for (int first = from; first < to; first += PartRows)
            {
                int rows = Math.Min(PartRows, to - first);
                for (int block = 0; block < blocks; block += PartBlocks)
                {
                    int here = Math.Min(PartBlocks, blocks - block);
                    for (int row = 0; row < rows; row++)
                        part.Unpack(row, matrix.Row(first + row)[(block * blockBytes)..], here);
                    for (int row = 0; row < rows; row += TileRows)
                    {
                        for (int vector = 0; vector < count; vector += 2)
                        {
                            int other = Math.Min(vector + 1, count - 1), written = Math.Min(TileRows, rows - row);
                            part.MultiplyTile(row, batch, vector, other, block, here, out Vector128<float> one, out Vector128<float> two);
                            Put(one, product.Slice((vector * matrix.Rows) + first + row, written), block > 0);
                            if (other > vector)
                                Put(two, product.Slice((other * matrix.Rows) + first + row, written), block > 0);
                        }
                    }
                }
            }
        }

        ArrayPool<byte>.Shared.Return(rented);
    }

    private static void Put(Vector128<float> sums, Span<float> products, bool add)
    {
        if (products.Length == TileRows)
        {
            (add ? sums + Vector128.Create<float>(products) : sums).CopyTo(products);
            return;
        }

        for (int i = 0; i < products.Length; i++)
            products[i] = sums[i] + (add ? products[i] : 0);
    }

    /// <summary>Unpacked rows.</summary>
    private readonly struct Part(short* integers, IntegerRowKernel kernel)
    {
        private readonly float* offsets = (float*)(integers + (PartRows * PartElements));
        private readonly float* factors = (float*)(integers + (PartRows * PartElements)) + (PartRows * PartGroups);

        // As many steps as cannot overflow a lane, whatever the numbers.
        private readonly int run = Math.Min(IntegerRowKernel.BlockElements, StepElements * (int)(int.MaxValue / (2L * LargestActivation * kernel.Largest)));

        public void Unpack(int row, ReadOnlySpan<byte> stored, int blocks)
        {
            fixed (byte* bytes = stored)
                kernel.Unpack(bytes, blocks, integers + (row * PartElements), factors + (row * PartBlocks), offsets + (row * PartGroups));
        }

        /// <summary>Four rows times two vectors: eight sums of sixteen lanes of the registers' thirty-two or, with AVX2 alone, sixteen.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void MultiplyTile(int row, ActivationBatch batch, int vector, int other, int block, int blocks, out Vector128<float> one, out Vector128<float> two)
        {
            short* rows = integers + (row * PartElements), x = batch.Shorts(vector, block), y = batch.Shorts(other, block);
            float* xScales = batch.Scales(vector, block), yScales = batch.Scales(other, block);
            float* xSums = batch.Sums(vector, block), ySums = batch.Sums(other, block);
            Vector256<float>* sums = stackalloc Vector256<float>[2 * TileRows];
            for (int i = 0; i < 2 * TileRows; i++)
                sums[i] = default;
            for (int b = 0; b < blocks; b++)
            {
                float* factor = factors + (row * PartBlocks) + b;
                for (int at = 0; at < IntegerRowKernel.BlockElements; at += run)
                {
                    Vector256<int> x0 = default, x1 = default, x2 = default, x3 = default, y0 = default, y1 = default, y2 = default, y3 = default;
                    for (short* end = rows + run; rows < end; rows += StepElements, x += StepElements, y += StepElements)
                    {
                        Vector256<short> w0 = Vector256.Load(rows), w1 = Vector256.Load(rows + PartElements);
                        Vector256<short> w2 = Vector256.Load(rows + (2 * PartElements)), w3 = Vector256.Load(rows + (3 * PartElements));
                        Vector256<short> v = Vector256.Load(x);
                        x0 += Shorts.Multiply(w0, v);
                        x1 += Shorts.Multiply(w1, v);
                        x2 += Shorts.Multiply(w2, v);
                        x3 += Shorts.Multiply(w3, v);
                        v = Vector256.Load(y);
                        y0 += Shorts.Multiply(w0, v);
                        y1 += Shorts.Multiply(w1, v);
                        y2 += Shorts.Multiply(w2, v);
                        y3 += Shorts.Multiply(w3, v);
                    }

                    float xScale = xScales[b], yScale = yScales[b];
                    sums[0] = Shorts.AddScaled(sums[0], x0, factor[0] * xScale);
                    sums[1] = Shorts.AddScaled(sums[1], x1, factor[PartBlocks] * xScale);
                    sums[2] = Shorts.AddScaled(sums[2], x2, factor[2 * PartBlocks] * xScale);
                    sums[3] = Shorts.AddScaled(sums[3], x3, factor[3 * PartBlocks] * xScale);
                    sums[4] = Shorts.AddScaled(sums[4], y0, factor[0] * yScale);
                    sums[5] = Shorts.AddScaled(sums[5], y1, factor[PartBlocks] * yScale);
                    sums[6] = Shorts.AddScaled(sums[6], y2, factor[2 * PartBlocks] * yScale);
                    sums[7] = Shorts.AddScaled(sums[7], y3, factor[3 * PartBlocks] * yScale);
                }

                if (!kernel.HasOffsets)
                    continue;
                Vector256<float> xSum = Vector256.Load(xSums + (b * IntegerRowKernel.BlockGroups)), ySum = Vector256.Load(ySums + (b * IntegerRowKernel.BlockGroups));
                for (int r = 0; r < TileRows; r++)
                {
                    Vector256<float> offset = -Vector256.Load(offsets + ((row + r) * PartGroups) + (b * IntegerRowKernel.BlockGroups));
                    sums[r] = Vector256.MultiplyAddEstimate(offset, xSum, sums[r]);
                    sums[TileRows + r] = Vector256.MultiplyAddEstimate(offset, ySum, sums[TileRows + r]);
                }
            }

            one = Lanes.SumEach(sums[0], sums[1], sums[2], sums[3]);
            two = Lanes.SumEach(sums[4], sums[5], sums[6], sums[7]);
        }
    }
}
