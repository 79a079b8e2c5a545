using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using HafsModels.Quantization.Lanes;
using HafsModels.Quantization.Search;
using HafsModels.Tensors;

namespace HafsModels.Quantization;

/// <summary>
/// Super-blocks of 8 sub-blocks of 32 elements, each with four points of <see cref="Grid.IQ1"/>: x ≈ d·(2·scale + 1)·(coordinate − 1 ± ⅛). Layout: d (F16),
/// low bytes of the 11-bit indices (32), then for each sub-block a uint16 with the upper three bits of its indices, a 3-bit scale and the sign of the shift.
/// </summary>
internal sealed class IQ1_S() : BlockFormat(GgmlType.IQ1_S)
{
    private const int Elements = 256, SubBlocks = 8, SubBlock = 32, Groups = 4, Bytes = 50, Quants = 2, High = 34;
    private const float Tiny = 1e-12f;

    public override bool NeedsImportance => true;

    private protected override void EncodeRow(ReadOnlySpan<float> row, ReadOnlySpan<float> importance, Span<byte> destination)
        => EncodeLanes<Lanes1>(row, row.Length, importance, destination);

    // Two super-blocks at once; with one lane this is the scalar definition.
    [SkipLocalsInit]
    private protected override void EncodeLanes<V>(ReadOnlySpan<float> rows, int rowLength, ReadOnlySpan<float> importance, Span<byte> destination)
    {
        Unsafe.SkipInit(out TernaryBatch batch);
        Span<float> weights = stackalloc float[TernaryBatch.Count * SubBlock];
        for (int first = 0; first < rows.Length; first += weights.Length)
        {
            ReadOnlySpan<float> x = rows.Slice(first, Math.Min(weights.Length, rows.Length - first));
            for (int i = 0; i < x.Length; i += Elements)
            {
                ReadOnlySpan<float> block = x.Slice(i, Elements);
                Importance.Weights(block, importance.Slice((first + i) % rowLength, Elements), 2 * Importance.SumOfSquares(block) / Elements, weights[i..]);
            }

            batch.Find<V>(x, weights[..x.Length], SubBlock, hasTwoShifts: false);
            for (int i = 0; i < x.Length; i += Elements, destination = destination[Bytes..])
                Finish<V>(x.Slice(i, Elements), weights.Slice(i, Elements), ref batch, i / SubBlock, destination[..Bytes]);
        }
    }

    private static void Finish<V>(ReadOnlySpan<float> x, ReadOnlySpan<float> weights, ref TernaryBatch batch, int firstSubBlock, Span<byte> block)
        where V : struct, ILanes<V>
    {
        block.Clear();
        Span<float> scales = stackalloc float[SubBlocks];
        Span<byte> scaleQuants = stackalloc byte[SubBlocks];
        Span<int> high = stackalloc int[SubBlocks], indices = stackalloc int[Groups];
        high.Clear();
        for (int j = 0; j < SubBlocks; j++)
        {
            Range sub = new(j * SubBlock, (j + 1) * SubBlock);
            scales[j] = FindScale<V>(x[sub], weights[sub], ref batch, firstSubBlock + j, indices, out bool isUp);
            if (scales[j] < 0)
            {
                scales[j] = 0;
                continue;
            }

            high[j] = isUp ? 0 : 0x8000;
            for (int group = 0; group < Groups; group++)
            {
                block[Quants + j * Groups + group] = (byte)indices[group];
                high[j] |= indices[group] >> 8 << 3 * group;
            }
        }

        // The shift is stored even where all scales are 0 only if one is not: ggml leaves d and the shifts 0 then.
        bool isNonzero = GridScales.Quantize(scales, 15, 7, scaleQuants, out float d);
        if (isNonzero)
            block.WriteHalf(0, d * 1.125f);
        for (int j = 0; j < SubBlocks; j++)
            BinaryPrimitives.WriteUInt16LittleEndian(block[(High + 2 * j)..], (ushort)(isNonzero ? high[j] | scaleQuants[j] << 12 : high[j] & 0x0FFF));
    }

    // Puts the groups on the grid. Returns −1 when the sub-block is zero.
    private static unsafe float FindScale<V>(ReadOnlySpan<float> x, ReadOnlySpan<float> weights, ref TernaryBatch batch, int j, Span<int> indices, out bool isUp)
        where V : struct, ILanes<V>
    {
        isUp = true;
        float largest = MathF.Abs(x[0]);
        foreach (float value in x[1..])
            largest = largest > MathF.Abs(value) ? largest : MathF.Abs(value);
        if (largest < Tiny || batch.Winners[j] == TernaryBatch.None)
            return -1;

        Span<byte> quants = stackalloc byte[SubBlock];
        batch.Assign(j, quants);
        float scale = batch.Scales[j];
        isUp = batch.Winners[j] >> 16 == 0;
        if (scale < 0)
        {
            scale = -scale;
            isUp = !isUp;
        }

        ReadOnlySpan<float> values = isUp ? TernarySplit.Up : TernarySplit.Down;
        bool isOnGrid = true;
        for (int group = 0; group < Groups; group++)
        {
            Range eight = new(group * 8, group * 8 + 8);
            indices[group] = TernarySplit.Nearest<V>(x[eight], weights[eight], scale, values, quants[eight], ref isOnGrid);
        }

        if (!isOnGrid)
        {
            float sumXQ = 0, sumQQ = 0;
            for (int i = 0; i < SubBlock; i++)
            {
                float q = values[Grid.IQ1[indices[i / 8]][i % 8]];
                sumXQ += weights[i] * q * x[i];
                sumQQ += weights[i] * q * q;
            }

            if (sumXQ > 0 && sumQQ > 0)
                scale = sumXQ / sumQQ;
        }

        return scale >= 0 ? scale : throw GridSearch.NotEncodable("its scale is not a number");
    }

    private protected override void DecodeBlocks(ReadOnlySpan<byte> blocks, Span<float> destination)
    {
        for (; !blocks.IsEmpty; blocks = blocks[Bytes..], destination = destination[Elements..])
        {
            float d = blocks.ReadHalf(0);
            for (int group = 0; group < SubBlocks * Groups; group++)
            {
                int high = BinaryPrimitives.ReadUInt16LittleEndian(blocks[(High + group / Groups * 2)..]);
                float unit = d * (2 * (high >> 12 & 7) + 1), shift = (high & 0x8000) != 0 ? -TernarySplit.Shift : TernarySplit.Shift;
                ReadOnlySpan<byte> point = Grid.IQ1[blocks[Quants + group] | (high >> 3 * (group % Groups) & 7) << 8];
                for (int i = 0; i < 8; i++)
                    destination[group * 8 + i] = unit * (point[i] - 1 + shift);
            }
        }
    }
}
