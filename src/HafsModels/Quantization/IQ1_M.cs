using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using HafsModels.Quantization.Lanes;
using HafsModels.Quantization.Search;
using HafsModels.Tensors;

namespace HafsModels.Quantization;

/// <summary>
/// Super-blocks of 16 sub-blocks of 16 elements, each with two points of <see cref="Grid.IQ1"/>: x ≈ d·(2·scale + 1)·(coordinate − 1 ± ⅛), the shift's sign for
/// each point. Layout: low bytes of the 11-bit indices (32), for each sub-block a byte with twice the upper three bits of an index and the sign of its shift,
/// 4 × uint16 with four 3-bit scales below and a quarter of d (F16) above.
/// </summary>
internal sealed class IQ1_M() : BlockFormat(GgmlType.IQ1_M)
{
    private const int Elements = 256, SubBlocks = 16, SubBlock = 16, Groups = 2, Bytes = 56, High = 32, Scales = 48;
    private const float Tiny = 1e-7f;

    private protected override void EncodeRow(ReadOnlySpan<float> row, ReadOnlySpan<float> importance, Span<byte> destination)
        => EncodeLanes<Lanes1>(row, row.Length, importance, destination);

    // The sub-blocks of a super-block are split at once; with one lane this is the scalar definition.
    [SkipLocalsInit]
    private protected override void EncodeLanes<V>(ReadOnlySpan<float> rows, int rowLength, ReadOnlySpan<float> importance, Span<byte> destination)
    {
        Unsafe.SkipInit(out TernaryBatch batch);
        Span<float> weights = stackalloc float[Elements];
        for (int first = 0; first < rows.Length; first += Elements, destination = destination[Bytes..])
        {
            ReadOnlySpan<float> x = rows.Slice(first, Elements);
            float doubledMeanSquare = 2 * Importance.SumOfSquares(x) / Elements;
            Importance.WeightsOrSquares(x, importance.IsEmpty ? default : importance.Slice(first % rowLength, Elements), doubledMeanSquare, weights);
            batch.Find<V>(x, weights, SubBlock, hasTwoShifts: true);
            Finish<V>(x, weights, ref batch, destination[..Bytes]);
        }
    }

    private static void Finish<V>(ReadOnlySpan<float> x, ReadOnlySpan<float> weights, ref TernaryBatch batch, Span<byte> block)
        where V : struct, ILanes<V>
    {
        block.Clear();
        Span<float> scales = stackalloc float[SubBlocks];
        Span<byte> scaleQuants = stackalloc byte[SubBlocks];
        Span<int> indices = stackalloc int[SubBlocks * Groups], shifts = stackalloc int[SubBlocks];
        indices.Clear();
        for (int j = 0; j < SubBlocks; j++)
        {
            Range sub = new(j * SubBlock, (j + 1) * SubBlock);
            scales[j] = FindScale<V>(x[sub], weights[sub], ref batch, j, indices.Slice(j * Groups, Groups), out shifts[j]);
            for (int group = 0; group < Groups; group++)
            {
                block[j * Groups + group] = (byte)indices[j * Groups + group];
                block[High + j] |= (byte)(indices[j * Groups + group] >> 8 << 4 * group);
            }
        }

        if (!GridScales.Quantize(scales, 15, 7, scaleQuants, out float d))
            return;

        // With the scales as stored, one d that fits the whole block best.
        Span<int> packed = stackalloc int[4];
        packed.Clear();
        float sumXQ = 0, sumQQ = 0;
        for (int j = 0; j < SubBlocks; j++)
        {
            packed[j / 4] |= scaleQuants[j] << 3 * (j % 4);
            block[High + j] |= (byte)(shifts[j] >> 1 << 3 | (shifts[j] & 1) << 7);
            for (int i = 0; i < SubBlock; i++)
            {
                float w = weights[j * SubBlock + i];
                float q = Values(shifts[j], i / 8)[Grid.IQ1[indices[j * Groups + i / 8]][i % 8]] * (2 * scaleQuants[j] + 1);
                sumXQ += w * q * x[j * SubBlock + i];
                sumQQ += w * q * q;
            }
        }

        if (sumQQ > 0)
            d = sumXQ / sumQQ;
        ushort half = HalfFloats.NarrowF16(d * 1.1125f);
        for (int k = 0; k < 4; k++)
            BinaryPrimitives.WriteUInt16LittleEndian(block[(Scales + 2 * k)..], (ushort)(packed[k] | (half >> 4 * k & 15) << 12));
    }

    // Bit 1 of the shifts says that the first, bit 0 that the second point's values are shifted down.
    private static ReadOnlySpan<float> Values(int shifts, int group) => (shifts >> 1 - group & 1) == 0 ? TernarySplit.Up : TernarySplit.Down;

    // Puts the groups on the grid. Returns 0 when the sub-block is zero.
    private static unsafe float FindScale<V>(ReadOnlySpan<float> x, ReadOnlySpan<float> weights, ref TernaryBatch batch, int j, Span<int> indices, out int shifts)
        where V : struct, ILanes<V>
    {
        shifts = 0;
        float largest = MathF.Abs(x[0]);
        foreach (float value in x[1..])
            largest = largest > MathF.Abs(value) ? largest : MathF.Abs(value);
        if (largest < Tiny || batch.Winners[j] == TernaryBatch.None)
            return 0;

        Span<byte> quants = stackalloc byte[SubBlock];
        batch.Assign(j, quants);
        float scale = batch.Scales[j];
        shifts = batch.Winners[j] >> 16;
        if (scale < 0)
        {
            scale = -scale;
            shifts = 3 - shifts;
        }

        bool isOnGrid = true;
        for (int group = 0; group < Groups; group++)
        {
            Range eight = new(group * 8, group * 8 + 8);
            indices[group] = TernarySplit.Nearest<V>(x[eight], weights[eight], scale, Values(shifts, group), quants[eight], ref isOnGrid);
        }

        if (!isOnGrid)
        {
            float gridXQ = 0, gridQQ = 0;
            for (int i = 0; i < SubBlock; i++)
            {
                float q = Values(shifts, i / 8)[Grid.IQ1[indices[i / 8]][i % 8]];
                gridXQ += weights[i] * q * x[i];
                gridQQ += weights[i] * q * q;
            }

            if (gridXQ > 0 && gridQQ > 0)
                scale = gridXQ / gridQQ;
        }

        return scale >= 0 ? scale : throw GridSearch.NotEncodable("its scale is not a number");
    }

    private protected override void DecodeBlocks(ReadOnlySpan<byte> blocks, Span<float> destination)
    {
        for (; !blocks.IsEmpty; blocks = blocks[Bytes..], destination = destination[Elements..])
        {
            int half = 0;
            for (int k = 0; k < 4; k++)
                half |= BinaryPrimitives.ReadUInt16LittleEndian(blocks[(Scales + 2 * k)..]) >> 12 << 4 * k;
            float d = HalfFloats.WidenF16((ushort)half);
            for (int group = 0; group < SubBlocks * Groups; group++)
            {
                int j = group / Groups, high = blocks[High + j] >> 4 * (group % Groups);
                int scale = BinaryPrimitives.ReadUInt16LittleEndian(blocks[(Scales + j / 4 * 2)..]) >> 3 * (j % 4) & 7;
                float unit = d * (2 * scale + 1), shift = (high & 8) != 0 ? -TernarySplit.Shift : TernarySplit.Shift;
                ReadOnlySpan<byte> point = Grid.IQ1[blocks[group] | (high & 7) << 8];
                for (int i = 0; i < 8; i++)
                    destination[group * 8 + i] = unit * (point[i] - 1 + shift);
            }
        }
    }
}
