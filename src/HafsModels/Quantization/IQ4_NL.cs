using System.Runtime.CompilerServices;
using HafsModels.Quantization.Lanes;
using HafsModels.Quantization.Search;
using HafsModels.Tensors;

namespace HafsModels.Quantization;

/// <summary>
/// 32 elements x ≈ d·value(q), where q in [0, 15] picks one of <see cref="NonlinearFourBits.Values"/>. Layout: d (F16), q (16 bytes, <see cref="BitPlanes"/>).
/// </summary>
internal sealed class IQ4_NL() : BlockFormat(GgmlType.IQ4_NL)
{
    private const int Elements = NonlinearFourBits.SubBlock, Bytes = 18, Quants = 2;

    private protected override void EncodeRow(ReadOnlySpan<float> row, ReadOnlySpan<float> importance, Span<byte> destination)
    {
        for (int i = 0; i < row.Length; i += Elements, destination = destination[Bytes..])
            EncodeBlock(row.Slice(i, Elements), importance.IsEmpty ? default : importance.Slice(i, Elements), destination);
    }

    private static void EncodeBlock(ReadOnlySpan<float> x, ReadOnlySpan<float> importance, Span<byte> block)
        => Finish<Lanes1>(x, NonlinearFourBits.FindScale(x, importance, Importance.SumOfSquares(x) * (2f / Elements)), block);

    // The vector kernel: thirty-two blocks are searched at once; then Finish.
    [SkipLocalsInit]
    private protected override unsafe void EncodeLanes<V>(ReadOnlySpan<float> rows, int rowLength, ReadOnlySpan<float> importance, Span<byte> destination)
    {
        const int BatchElements = NonlinearBatch.Count * Elements;
        Unsafe.SkipInit(out NonlinearBatch batch);
        Span<float> weights = stackalloc float[BatchElements];
        for (int first = 0; first < rows.Length; first += BatchElements)
        {
            ReadOnlySpan<float> x = rows.Slice(first, Math.Min(BatchElements, rows.Length - first));
            for (int i = 0; i < x.Length; i += Elements)
            {
                ReadOnlySpan<float> blockX = x.Slice(i, Elements);
                float doubledMeanSquare = importance.IsEmpty ? 0 : Importance.SumOfSquares(blockX) * (2f / Elements);
                Importance.WeightsOrSquares(blockX, Columns(importance, rowLength, first + i), doubledMeanSquare, weights[i..]);
            }

            batch.FindScales<V>(x, weights[..x.Length]);
            for (int i = 0; i < x.Length; i += Elements, destination = destination[Bytes..])
            {
                ReadOnlySpan<float> blockX = x.Slice(i, Elements);
                if ((batch.Failed >> i / Elements & 1) != 0)
                    EncodeBlock(blockX, Columns(importance, rowLength, first + i), destination);
                else
                    Finish<V>(blockX, batch.Scales[i / Elements], destination);
            }
        }
    }

    private static ReadOnlySpan<float> Columns(ReadOnlySpan<float> importance, int rowLength, int element)
        => importance.IsEmpty ? default : importance.Slice(element % rowLength, Elements);

    // The integers follow from the scale as the search left it, not as stored.
    private static void Finish<V>(ReadOnlySpan<float> x, float d, Span<byte> block)
        where V : struct, ILanes<V>
    {
        Span<byte> quants = stackalloc byte[Elements];
        NonlinearFourBits.Quantize<V>(x, d != 0 ? 1 / d : 0, quants);
        block.WriteHalf(0, d);
        BitPlanes.PackHalves(quants, block[Quants..]);
    }

    private protected override void DecodeBlocks(ReadOnlySpan<byte> blocks, Span<float> destination)
    {
        Span<byte> quants = stackalloc byte[Elements];
        for (; !blocks.IsEmpty; blocks = blocks[Bytes..], destination = destination[Elements..])
        {
            float d = blocks.ReadHalf(0);
            BitPlanes.UnpackHalves(blocks[Quants..Bytes], quants);
            for (int i = 0; i < Elements; i++)
                destination[i] = d * NonlinearFourBits.Values[quants[i]];
        }
    }
}
