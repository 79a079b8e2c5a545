using System.Runtime.CompilerServices;
using HafsModels.Quantization.Lanes;
using HafsModels.Quantization.Search;
using HafsModels.Tensors;

namespace HafsModels.Quantization;

/// <summary>
/// Super-blocks of 16 sub-blocks of 16 elements: x ≈ d·scale·(q − 32) with q in [0, 63] and an int8 scale for each sub-block.
/// Layout: low four bits of q (128 bytes), high two bits of q (64 bytes), scales (16 × int8), d (F16). Each half of 128 elements is
/// packed by planes (<see cref="BitPlanes"/>): 64 bytes of low and 32 bytes of high bits.
/// </summary>
internal sealed class Q6_K() : BlockFormat(GgmlType.Q6_K)
{
    private const int Elements = 256, SubBlocks = 16, SubBlock = 16, Limit = 32;
    private const int Bytes = 210, High = 128, Scales = 192, Scale = 208;

    private protected override void EncodeRow(ReadOnlySpan<float> row, ReadOnlySpan<float> importance, Span<byte> destination)
    {
        for (int i = 0; i < row.Length; i += Elements, destination = destination[Bytes..])
            EncodeBlock(row.Slice(i, Elements), importance.IsEmpty ? default : importance.Slice(i, Elements), destination[..Bytes]);
    }

    // The scalar definition: a search for each sub-block, then Finish.
    private static void EncodeBlock(ReadOnlySpan<float> x, ReadOnlySpan<float> importance, Span<byte> block)
    {
        Span<byte> quants = stackalloc byte[SubBlock];
        Span<float> scales = stackalloc float[SubBlocks];
        for (int j = 0; j < SubBlocks; j++)
            scales[j] = Search(x, importance, j, quants);
        Finish<Lanes1>(x, importance, scales, block);
    }

    // Errors weigh x² without an importance matrix, and exactly the importance with one.
    private static float Search(ReadOnlySpan<float> x, ReadOnlySpan<float> importance, int j, Span<byte> quants)
    {
        ReadOnlySpan<float> sub = x.Slice(j * SubBlock, SubBlock);
        if (!importance.IsEmpty)
            return ScaleSearch.Find(sub, importance.Slice(j * SubBlock, SubBlock), Limit, quants);
        Span<float> squares = stackalloc float[SubBlock];
        for (int i = 0; i < SubBlock; i++)
            squares[i] = sub[i] * sub[i];
        return ScaleSearch.Find(sub, squares, Limit, quants);
    }

    // The vector kernel: thirty-two sub-blocks (two super-blocks) are searched at once; then Finish.
    [SkipLocalsInit]
    private protected override unsafe void EncodeLanes<V>(ReadOnlySpan<float> rows, int rowLength, ReadOnlySpan<float> importance, Span<byte> destination)
    {
        const int BatchElements = ScaleBatch.Count * SubBlock;
        Unsafe.SkipInit(out ScaleBatch batch);
        Span<float> weights = stackalloc float[BatchElements];
        Span<byte> quants = stackalloc byte[SubBlock];
        for (int first = 0; first < rows.Length; first += BatchElements)
        {
            ReadOnlySpan<float> x = rows.Slice(first, Math.Min(BatchElements, rows.Length - first));
            CacheLines.Prefetch(rows[(first + x.Length)..], BatchElements);
            for (int i = 0; i < x.Length && !importance.IsEmpty; i += Elements)
                importance.Slice((first + i) % rowLength, Elements).CopyTo(weights[i..]);
            batch.Find<V, SixBits>(x, importance.IsEmpty ? default : weights[..x.Length]);

            for (int i = 0; i < x.Length; i += Elements, destination = destination[Bytes..])
            {
                ReadOnlySpan<float> blockX = x.Slice(i, Elements);
                ReadOnlySpan<float> blockImportance = importance.IsEmpty ? default : weights.Slice(i, Elements);
                Span<float> scales = new(batch.Scales + i / SubBlock, SubBlocks);
                uint failed = batch.Failed >> i / SubBlock;
                for (int j = 0; j < SubBlocks && failed != 0; j++)
                {
                    if ((failed >> j & 1) != 0)
                        scales[j] = Search(blockX, blockImportance, j, quants);
                }

                Finish<V>(blockX, blockImportance, scales, destination[..Bytes]);
            }
        }
    }

    // Stores the scales; then chooses the integers by the scales as stored, but a sub-block whose scale became 0 keeps those of its search.
    [SkipLocalsInit]
    private static void Finish<V>(ReadOnlySpan<float> x, ReadOnlySpan<float> importance, ReadOnlySpan<float> scales, Span<byte> block)
        where V : struct, ILanes<V>
    {
        float extreme = BlockLanes.Extreme<V>(scales);
        if (MathF.Abs(extreme) < ScaleSearch.Tiny)
        {
            block.Clear();
            return;
        }

        float inverse = -128f / extreme;
        float d = block.WriteHalf(Scale, 1 / inverse);
        QuantizeScales<V>(scales, inverse, block.Slice(Scales, SubBlocks));
        Span<byte> quants = stackalloc byte[Elements];
        for (int j = 0; j < SubBlocks; j++)
        {
            float scale = d * (sbyte)block[Scales + j];
            Span<byte> subQuants = quants.Slice(j * SubBlock, SubBlock);
            if (scale != 0)
                NearestQuants.Find<V>(x.Slice(j * SubBlock, SubBlock), scale, 0, -Limit, Limit - 1, subQuants);
            else
                Search(x, importance, j, subQuants);
        }

        for (int half = 0; half < 2; half++)
            BitPlanes.PackSixBits(quants.Slice(half * 128, 128), block.Slice(half * 64, 64), block.Slice(High + half * 32, 32));
    }

    // What is above an int8 becomes its largest; what is below wraps around.
    private static unsafe void QuantizeScales<V>(ReadOnlySpan<float> scales, float inverse, Span<byte> quants)
        where V : struct, ILanes<V>
    {
        fixed (float* source = scales)
        fixed (byte* destination = quants)
        {
            for (int j = 0; j < SubBlocks; j += V.Count)
                V.StoreBytes(V.MinBits(NearestQuants.Nearest(V.Create(inverse) * V.Load(source + j)), V.CreateBits(sbyte.MaxValue)), destination + j);
        }
    }

    private protected override void DecodeBlocks(ReadOnlySpan<byte> blocks, Span<float> destination)
    {
        Span<byte> low = stackalloc byte[128], high = stackalloc byte[128];
        for (; !blocks.IsEmpty; blocks = blocks[Bytes..], destination = destination[Elements..])
        {
            float d = blocks.ReadHalf(Scale);
            for (int half = 0; half < 2; half++)
            {
                BitPlanes.UnpackHalves(blocks.Slice(half * 64, 64), low);
                BitPlanes.UnpackQuarters(blocks.Slice(High + half * 32, 32), high);
                for (int i = 0; i < 128; i++)
                {
                    float scale = d * (sbyte)blocks[Scales + half * 8 + i / SubBlock];
                    destination[half * 128 + i] = scale * ((low[i] | high[i] << 4) - Limit);
                }
            }
        }
    }

    private readonly struct SixBits : IScaleRule
    {
        public static int Length => SubBlock;
        public static int Limit => Q6_K.Limit;
    }
}
