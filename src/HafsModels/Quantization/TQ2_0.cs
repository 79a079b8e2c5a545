using System.Runtime.Intrinsics;
using HafsModels.Tensors;

namespace HafsModels.Quantization;

/// <summary>
/// Super-blocks of 256 elements x ≈ d·(t − 1) with t in [0, 2] in two bits. Layout: t (64 bytes: 32 for each half of 128 elements, <see cref="BitPlanes"/>),
/// d (F16). Importance is ignored.
/// </summary>
internal sealed class TQ2_0() : BlockFormat(GgmlType.TQ2_0)
{
    private const int Elements = Ternary.Elements, Bytes = 66, Scale = 64;

    private protected override void EncodeRow(ReadOnlySpan<float> row, ReadOnlySpan<float> importance, Span<byte> destination)
    {
        Span<byte> trits = stackalloc byte[Elements];
        for (; !row.IsEmpty; row = row[Elements..], destination = destination[Bytes..])
        {
            float d = Ternary.Quantize(row[..Elements], trits);
            foreach (ref byte trit in trits)
                trit &= 3;
            Store(d, trits, destination);
        }
    }

    private protected override void EncodeLanes<V>(ReadOnlySpan<float> rows, int rowLength, ReadOnlySpan<float> importance, Span<byte> destination)
    {
        Span<byte> trits = stackalloc byte[Elements];
        for (; !rows.IsEmpty; rows = rows[Elements..], destination = destination[Bytes..])
        {
            float d = Ternary.Quantize<V>(rows[..Elements], trits);
            for (int i = 0; i < Elements; i += Vector128<byte>.Count)
                (Vector128.Create<byte>(trits[i..]) & Vector128.Create((byte)3)).CopyTo(trits[i..]);
            Store(d, trits, destination);
        }
    }

    private static void Store(float d, ReadOnlySpan<byte> trits, Span<byte> block)
    {
        block.WriteHalf(Scale, d);
        for (int half = 0; half < 2; half++)
            BitPlanes.PackQuarters(trits.Slice(half * 128, 128), block.Slice(half * 32, 32));
    }

    private protected override void DecodeBlocks(ReadOnlySpan<byte> blocks, Span<float> destination)
    {
        Span<byte> trits = stackalloc byte[Elements];
        for (; !blocks.IsEmpty; blocks = blocks[Bytes..], destination = destination[Elements..])
        {
            float d = blocks.ReadHalf(Scale);
            for (int half = 0; half < 2; half++)
                BitPlanes.UnpackQuarters(blocks.Slice(half * 32, 32), trits.Slice(half * 128, 128));
            for (int i = 0; i < Elements; i++)
                destination[i] = (trits[i] - 1) * d;
        }
    }
}
