using System.Runtime.CompilerServices;
using HafsModels.Quantization.Lanes;
using HafsModels.Tensors;

namespace HafsModels.Quantization;

/// <summary>
/// 32 elements x ≈ d·q with q in [−127, 127]. Layout: d (F16), q (32 × int8). Importance is ignored.
/// </summary>
internal sealed class Q8_0() : BlockFormat(GgmlType.Q8_0)
{
    private const int Elements = 32, Bytes = 34, Quants = 2;

    private protected override void EncodeRow(ReadOnlySpan<float> row, ReadOnlySpan<float> importance, Span<byte> destination)
    {
        for (; !row.IsEmpty; row = row[Elements..], destination = destination[Bytes..])
            EncodeBlock(row[..Elements], destination);
    }

    // The product with the unrounded inverse is rounded half away from zero; d is rounded to F16 on its own.
    private static void EncodeBlock(ReadOnlySpan<float> x, Span<byte> block)
    {
        float d = LargestMagnitude(x) / 127, inverse = d != 0 ? 1 / d : 0;
        block.WriteHalf(0, d);
        for (int i = 0; i < Elements; i++)
            block[Quants + i] = (byte)Rounding.Truncate(Rounding.HalfAway(x[i] * inverse));
    }

    // The vector kernel: as many blocks as there are lanes, first their largest magnitudes, then their scales side by side, then their integers.
    [SkipLocalsInit]
    private protected override unsafe void EncodeLanes<V>(ReadOnlySpan<float> rows, int rowLength, ReadOnlySpan<float> importance, Span<byte> destination)
    {
        float* magnitudes = stackalloc float[V.Count], inverses = stackalloc float[V.Count], halves = stackalloc float[V.Count];
        fixed (float* source = rows)
        fixed (byte* target = destination)
        {
            int blocks = rows.Length / Elements, whole = blocks - blocks % V.Count;
            for (int first = 0; first < whole; first += V.Count)
            {
                float* x = source + first * Elements;
                for (int lane = 0; lane < V.Count; lane++)
                    magnitudes[lane] = LargestMagnitude<V>(x + lane * Elements);
                V d = V.Load(magnitudes) / V.Create(127);
                V.Store(V.Select(V.Equal(d, V.Zero), V.Zero, V.Create(1) / d), inverses);
                V.Store(HalfLanes.Narrow(d), halves);
                byte* block = target + first * Bytes;
                for (int lane = 0; lane < V.Count; lane++, x += Elements, block += Bytes)
                {
                    *(ushort*)block = (ushort)BitConverter.SingleToInt32Bits(halves[lane]);
                    V inverse = V.Create(inverses[lane]), signBit = V.CreateBits(int.MinValue), almostHalf = V.Create(0.49999997f);
                    for (int i = 0; i < Elements; i += V.Count)
                    {
                        // Half away from zero: the largest float below ½ towards the outside, then truncation.
                        V product = V.Load(x + i) * inverse;
                        V.StoreBytes(V.TruncateToBits(product + (product & signBit | almostHalf)), block + Quants + i);
                    }
                }
            }

            for (int i = whole; i < blocks; i++)
                EncodeBlock(rows.Slice(i * Elements, Elements), destination[(i * Bytes)..]);
        }
    }

    private static unsafe float LargestMagnitude<V>(float* x)
        where V : struct, ILanes<V>
    {
        // Magnitudes keep their order as integers; infinities and NaN, whose place decides, go the scalar way.
        V largest = V.Abs(V.Load(x));
        for (int i = V.Count; i < Elements; i += V.Count)
            largest = V.MaxBits(largest, V.Abs(V.Load(x + i)));
        float magnitude = V.LargestBits(largest);
        return float.IsFinite(magnitude) ? magnitude : LargestMagnitude(new ReadOnlySpan<float>(x, Elements));
    }

    private static float LargestMagnitude(ReadOnlySpan<float> x)
    {
        float magnitude = 0;
        foreach (float value in x)
            magnitude = magnitude > MathF.Abs(value) ? magnitude : MathF.Abs(value);
        return magnitude;
    }

    private protected override void DecodeBlocks(ReadOnlySpan<byte> blocks, Span<float> destination)
    {
        for (; !blocks.IsEmpty; blocks = blocks[Bytes..], destination = destination[Elements..])
        {
            float d = blocks.ReadHalf(0);
            for (int i = 0; i < Elements; i++)
                destination[i] = (sbyte)blocks[Quants + i] * d;
        }
    }
}
