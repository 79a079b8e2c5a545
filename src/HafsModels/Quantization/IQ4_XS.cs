using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using HafsModels.Quantization.Lanes;
using HafsModels.Quantization.Search;
using HafsModels.Tensors;

namespace HafsModels.Quantization;

/// <summary>
/// Super-blocks of 8 sub-blocks of 32 elements: x ≈ d·(scale − 32)·value(q), where q in [0, 15] picks one of <see cref="NonlinearFourBits.Values"/>, with a
/// 6-bit scale for each sub-block. Layout: d (F16), upper two bits of the scales (uint16), lower four (4 bytes, the even sub-block's in the low half),
/// q (128 bytes: 16 for each sub-block, <see cref="BitPlanes"/>).
/// </summary>
internal sealed class IQ4_XS() : BlockFormat(GgmlType.IQ4_XS)
{
    private const int Elements = 256, SubBlock = NonlinearFourBits.SubBlock, SubBlocks = Elements / SubBlock, ScaleLimit = 32;
    private const int Bytes = 136, ScalesHigh = 2, ScalesLow = 4, Quants = 8;

    private protected override void EncodeRow(ReadOnlySpan<float> row, ReadOnlySpan<float> importance, Span<byte> destination)
    {
        for (int i = 0; i < row.Length; i += Elements, destination = destination[Bytes..])
            EncodeBlock(row.Slice(i, Elements), importance.IsEmpty ? default : importance.Slice(i, Elements), destination[..Bytes]);
    }

    private static void EncodeBlock(ReadOnlySpan<float> x, ReadOnlySpan<float> importance, Span<byte> block)
    {
        float doubledMeanSquare = Importance.SumOfSquares(x) * (2f / Elements);
        Span<float> scales = stackalloc float[SubBlocks];
        for (int j = 0; j < SubBlocks; j++)
        {
            Range sub = new(j * SubBlock, (j + 1) * SubBlock);
            scales[j] = NonlinearFourBits.FindScale(x[sub], importance.IsEmpty ? default : importance[sub], doubledMeanSquare);
        }

        Finish<Lanes1>(x, scales, block);
    }

    // The vector kernel: thirty-two sub-blocks (four super-blocks) are searched at once; then Finish.
    [SkipLocalsInit]
    private protected override unsafe void EncodeLanes<V>(ReadOnlySpan<float> rows, int rowLength, ReadOnlySpan<float> importance, Span<byte> destination)
    {
        const int BatchElements = NonlinearBatch.Count * SubBlock;
        Unsafe.SkipInit(out NonlinearBatch batch);
        Span<float> weights = stackalloc float[BatchElements];
        for (int first = 0; first < rows.Length; first += BatchElements)
        {
            ReadOnlySpan<float> x = rows.Slice(first, Math.Min(BatchElements, rows.Length - first));
            if (importance.IsEmpty)
                Importance.WeightsOrSquares(x, default, 0, weights);
            else
                ImportanceLanes.WeighBlocks<V>(x, importance, first % rowLength, factor: 1, divisor: Elements / 2, weights);
            batch.FindScales<V>(x, weights[..x.Length]);

            for (int i = 0; i < x.Length; i += Elements, destination = destination[Bytes..])
            {
                ReadOnlySpan<float> blockX = x.Slice(i, Elements);
                if ((byte)(batch.Failed >> i / SubBlock) != 0)
                    EncodeBlock(blockX, importance.IsEmpty ? default : importance.Slice((first + i) % rowLength, Elements), destination[..Bytes]);
                else
                    Finish<V>(blockX, new(batch.Scales + i / SubBlock, SubBlocks), destination[..Bytes]);
            }
        }
    }

    // The scale of largest magnitude becomes −32. The integers follow from d before it is rounded to F16.
    [SkipLocalsInit]
    private static void Finish<V>(ReadOnlySpan<float> x, ReadOnlySpan<float> scales, Span<byte> block)
        where V : struct, ILanes<V>
    {
        float d = -ScaleSearch.Extreme(scales) / ScaleLimit, inverse = d != 0 ? 1 / d : 0;
        block.WriteHalf(0, d);
        block.Slice(ScalesLow, 4).Clear();
        Span<byte> quants = stackalloc byte[SubBlock];
        int scalesHigh = 0;
        for (int j = 0; j < SubBlocks; j++)
        {
            int scaleQuant = Rounding.Nearest(inverse * scales[j], -ScaleLimit, ScaleLimit - 1);
            float scale = d * scaleQuant, inverseScale = scale != 0 ? 1 / scale : 0;
            NonlinearFourBits.Quantize<V>(x.Slice(j * SubBlock, SubBlock), inverseScale, quants);
            BitPlanes.PackHalves(quants, block[(Quants + j * SubBlock / 2)..]);

            scaleQuant += ScaleLimit;
            block[ScalesLow + j / 2] |= (byte)((scaleQuant & 15) << j % 2 * 4);
            scalesHigh |= scaleQuant >> 4 << 2 * j;
        }

        BinaryPrimitives.WriteUInt16LittleEndian(block[ScalesHigh..], (ushort)scalesHigh);
    }

    private protected override void DecodeBlocks(ReadOnlySpan<byte> blocks, Span<float> destination)
    {
        Span<byte> quants = stackalloc byte[SubBlock];
        for (; !blocks.IsEmpty; blocks = blocks[Bytes..], destination = destination[Elements..])
        {
            float d = blocks.ReadHalf(0);
            int scalesHigh = BinaryPrimitives.ReadUInt16LittleEndian(blocks[ScalesHigh..]);
            for (int j = 0; j < SubBlocks; j++)
            {
                int scaleQuant = blocks[ScalesLow + j / 2] >> j % 2 * 4 & 15 | (scalesHigh >> 2 * j & 3) << 4;
                float scale = d * (scaleQuant - ScaleLimit);
                BitPlanes.UnpackHalves(blocks.Slice(Quants + j * SubBlock / 2, SubBlock / 2), quants);
                for (int i = 0; i < SubBlock; i++)
                    destination[j * SubBlock + i] = scale * NonlinearFourBits.Values[quants[i]];
            }
        }
    }
}
