using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using HafsModels.Quantization.Lanes;
using HafsModels.Quantization.Search;
using HafsModels.Tensors;

namespace HafsModels.Quantization;

/// <summary>
/// Super-blocks of 8 sub-blocks of 32 elements, each with four points of <see cref="Grid.IQ2_XXS"/>: x ≈ ±d·(scale + ½)/4·value. Layout: d (F16), then for
/// each sub-block four indices (4 × uint8) and a uint32 of four times seven signs (<see cref="SignedGroups"/>) and a 4-bit scale.
/// </summary>
internal sealed class IQ2_XXS() : GridFormat<EightTernary>(GgmlType.IQ2_XXS, Search, SubBlock, signBits: 7)
{
    private const int Elements = 256, SubBlocks = 8, SubBlock = 32, Groups = 4, Bytes = 66, Quants = 2;

    private static readonly GridSearch Search = new(Grid.IQ2_XXS, Steps: 6, StepSize: 0.1f, GridRefinement.Always);

    /// <summary>What the coordinates of two-bit grids stand for when decoded, in eighths.</summary>
    internal static ReadOnlySpan<byte> Values => [8, 25, 43];

    public override bool NeedsImportance => true;

    private protected override void Weigh(ReadOnlySpan<float> x, ReadOnlySpan<float> importance, float sumOfSquares, Span<float> weights)
        => Importance.Weights(x, importance, sumOfSquares / Elements, weights);

    // A scale of plain integers sets the range of the candidates.
    private protected override float Start(ReadOnlySpan<float> magnitudes, ReadOnlySpan<float> weights, Span<byte> quants, out float scale)
    {
        scale = 0;
        if (SignedGroups.Largest(magnitudes) < ScaleSearch.Tiny)
            return 0;
        scale = PositiveScaleSearch.Find(magnitudes, weights, Grid.IQ2_XXS.Levels + 1, quants);
        float largest = scale * Grid.IQ2_XXS.Levels;
        return largest <= 0 ? 0 : largest;
    }

    // The same with one sub-block in each lane.
    [SkipLocalsInit]
    private protected override unsafe void StartBatch<V>(ref GridBatch batch, int count)
    {
        if (V.Count == 1)
        {
            base.StartBatch<V>(ref batch, count);
            return;
        }

        float* memory = stackalloc float[SubBlock * PositiveScaleLanes<V>.Stride + CacheLines.Floats], rows = CacheLines.Align(memory), scales = stackalloc float[V.Count];
        for (int first = 0; first < count; first += V.Count)
        {
            fixed (GridBatch* some = &batch)
            {
                Transposition.ToLanes<V>(some->Magnitudes + first * SubBlock, SubBlock, rows, PositiveScaleLanes<V>.Stride);
                Transposition.ToLanes<V>(some->Weights + first * SubBlock, SubBlock, rows + V.Count, PositiveScaleLanes<V>.Stride);
            }

            uint failed = PositiveScaleLanes<V>.Find(rows, SubBlock, Grid.IQ2_XXS.Levels + 1, scales);
            for (int lane = 0; lane < V.Count && first + lane < count; lane++)
            {
                int k = first + lane;
                if ((failed >> lane & 1) != 0)
                {
                    StartOne(ref batch, k);
                    continue;
                }

                float largest = scales[lane] * Grid.IQ2_XXS.Levels;
                (batch.Scales[k], batch.Largest[k]) = (scales[lane], largest <= 0 ? 0 : largest);
                for (int i = 0; i < SubBlock; i++)
                    batch.Quants[k * SubBlock + i] = (byte)rows[i * PositiveScaleLanes<V>.Stride + 2 * V.Count + lane];
            }
        }
    }

    private protected override void Finish(ReadOnlySpan<float> scales, ReadOnlySpan<float> largest, ReadOnlySpan<ushort> indices, ReadOnlySpan<byte> signs, Span<byte> block)
    {
        Span<byte> scaleQuants = stackalloc byte[SubBlocks];
        if (!GridScales.Quantize(scales, 31, 15, scaleQuants, out float d))
            return;
        block.WriteHalf(0, d);
        for (int j = 0; j < SubBlocks; j++)
        {
            uint signsAndScale = (uint)scaleQuants[j] << 28;
            for (int group = 0; group < Groups; group++)
            {
                block[Quants + j * 8 + group] = (byte)indices[j * Groups + group];
                signsAndScale |= (uint)signs[j * Groups + group] << 7 * group;
            }

            BinaryPrimitives.WriteUInt32LittleEndian(block[(Quants + j * 8 + 4)..], signsAndScale);
        }
    }

    private protected override void DecodeBlocks(ReadOnlySpan<byte> blocks, Span<float> destination)
    {
        for (; !blocks.IsEmpty; blocks = blocks[Bytes..], destination = destination[Elements..])
        {
            float d = blocks.ReadHalf(0);
            for (int j = 0; j < SubBlocks; j++)
            {
                ReadOnlySpan<byte> sub = blocks.Slice(Quants + j * 8, 8);
                uint signsAndScale = BinaryPrimitives.ReadUInt32LittleEndian(sub[4..]);
                float unit = d * (0.5f + (signsAndScale >> 28)) * 0.25f;
                for (int group = 0; group < Groups; group++)
                    SignedGroups.Decode(unit, Grid.IQ2_XXS[sub[group]], Values, SignedGroups.CompleteEven(signsAndScale >> 7 * group), destination[(j * SubBlock + group * 8)..]);
            }
        }
    }
}
