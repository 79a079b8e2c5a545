using System.Numerics;
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

    // The vector kernel: of some blocks first the largest magnitudes, then the scales side by side, then the integers.
    [SkipLocalsInit]
    private protected override unsafe void EncodeLanes<V>(ReadOnlySpan<float> rows, int rowLength, ReadOnlySpan<float> importance, Span<byte> destination)
    {
        const int MostBlocks = 64;
        float* memory = stackalloc float[2 * MostBlocks + CacheLines.Floats], inverses = CacheLines.Align(memory), halves = inverses + MostBlocks;
        V signBit = V.CreateBits(int.MinValue), almostHalf = V.Create(0.49999997f);
        int blocks = rows.Length / Elements, whole = blocks - blocks % V.Count;
        fixed (float* source = rows)
        fixed (byte* target = destination)
        {
            for (int first = 0, count; first < whole; first += count)
            {
                count = Math.Min(MostBlocks, whole - first);
                float* x = source + first * Elements;
                for (int i = 0; i < count; i += V.Count)
                {
                    V d = LargestMagnitudes<V>(x + i * Elements) / V.Create(127);
                    V.Store(V.Select(V.Equal(d, V.Zero), V.Zero, V.Create(1) / d), inverses + i);
                    V.Store(HalfLanes.Narrow(d), halves + i);
                }

                byte* block = target + first * Bytes;
                for (int j = 0; j < count; j++, x += Elements, block += Bytes)
                {
                    *(ushort*)block = (ushort)BitConverter.SingleToInt32Bits(halves[j]);
                    V inverse = V.Create(inverses[j]);
                    for (int i = 0; i < Elements; i += V.Count)
                    {
                        // Half away from zero: the largest float below ½ towards the outside, then truncation.
                        V product = V.Load(x + i) * inverse;
                        V.StoreBytes(V.TruncateToBits(product + (product & signBit | almostHalf)), block + Quants + i);
                    }
                }
            }
        }

        EncodeRow(rows[(whole * Elements)..], default, destination[(whole * Bytes)..]);
    }

    // Infinities and NaN, whose place decides, go the scalar way.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe V LargestMagnitudes<V>(float* blocks)
        where V : struct, ILanes<V>
    {
        V magnitudes = BlockFolding.Largest<V, BlockFolding.ByMagnitude>(blocks);
        uint unclear = V.MaskBits(~V.LessThan(magnitudes, V.Create(float.PositiveInfinity)));
        return unclear == 0 ? magnitudes : Clear(magnitudes, unclear, blocks);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static unsafe V Clear<V>(V magnitudes, uint unclear, float* blocks)
        where V : struct, ILanes<V>
    {
        float* each = stackalloc float[V.Count];
        V.Store(magnitudes, each);
        for (; unclear != 0; unclear &= unclear - 1)
        {
            int lane = BitOperations.TrailingZeroCount(unclear);
            each[lane] = LargestMagnitude(new ReadOnlySpan<float>(blocks + lane * Elements, Elements));
        }

        return V.Load(each);
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
