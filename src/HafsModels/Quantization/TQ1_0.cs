using System.Runtime.Intrinsics;
using HafsModels.Tensors;

namespace HafsModels.Quantization;

/// <summary>
/// Super-blocks of 256 elements x ≈ d·(t − 1) with trits t in [0, 2], five to a byte: the byte is 256/243 of the base-3 number, rounded up, so that multiplying
/// it by 3 brings out the digits one by one. Layout: 32 bytes for elements 0–159 and 16 bytes for elements 160–239 by planes of five, 4 bytes for the last 16
/// elements by planes of four, d (F16). Importance is ignored.
/// </summary>
internal sealed class TQ1_0() : BlockFormat(GgmlType.TQ1_0)
{
    private const int Elements = Ternary.Elements, Bytes = 54, Scale = 52;

    // Runs of bytes: where the bytes and elements start, bytes in the run, digits in use.
    private static readonly (int Byte, int Element, int Count, int Digits)[] Runs = [(0, 0, 32, 5), (32, 160, 16, 5), (48, 240, 4, 4)];

    // The byte of every base-3 number.
    private static readonly byte[] Packed = [.. Enumerable.Range(0, 256).Select(number => (byte)((number * 256 + 242) / 243))];

    private protected override void EncodeRow(ReadOnlySpan<float> row, ReadOnlySpan<float> importance, Span<byte> destination)
    {
        Span<byte> trits = stackalloc byte[Elements];
        for (; !row.IsEmpty; row = row[Elements..], destination = destination[Bytes..])
            Store(Ternary.Quantize(row[..Elements], trits), trits, destination[..Bytes]);
    }

    private protected override void EncodeLanes<V>(ReadOnlySpan<float> rows, int rowLength, ReadOnlySpan<float> importance, Span<byte> destination)
    {
        Span<byte> trits = stackalloc byte[Elements];
        for (; !rows.IsEmpty; rows = rows[Elements..], destination = destination[Bytes..])
            Store(Ternary.Quantize<V>(rows[..Elements], trits), trits, destination[..Bytes]);
    }

    private static void Store(float d, ReadOnlySpan<byte> trits, Span<byte> block)
    {
        block.WriteHalf(Scale, d);
        foreach ((int first, int element, int count, int digits) in Runs)
        {
            ReadOnlySpan<byte> packed = Packed;
            int i = 0;
            for (; i + Vector128<byte>.Count <= count; i += Vector128<byte>.Count)
            {
                Vector128<byte> numbers = Vector128.Create(trits[(element + i)..]);
                for (int digit = 1; digit < digits; digit++)
                    numbers = numbers + numbers + numbers + Vector128.Create(trits[(element + digit * count + i)..]);
                for (int j = 0; j < Vector128<byte>.Count; j++)
                    block[first + i + j] = packed[numbers[j]];
            }

            for (; i < count; i++)
            {
                byte number = 0;
                for (int digit = 0; digit < 5; digit++)
                    number = (byte)(number * 3 + (digit < digits ? trits[element + digit * count + i] : 0));
                block[first + i] = packed[number];
            }
        }
    }

    private protected override void DecodeBlocks(ReadOnlySpan<byte> blocks, Span<float> destination)
    {
        for (; !blocks.IsEmpty; blocks = blocks[Bytes..], destination = destination[Elements..])
        {
            float d = blocks.ReadHalf(Scale);
            foreach ((int first, int element, int count, int digits) in Runs)
            {
                for (int i = 0; i < count; i++)
                {
                    byte remaining = blocks[first + i];
                    for (int digit = 0; digit < digits; digit++, remaining *= 3)
                        destination[element + digit * count + i] = ((remaining * 3 >> 8) - 1) * d;
                }
            }
        }
    }
}
