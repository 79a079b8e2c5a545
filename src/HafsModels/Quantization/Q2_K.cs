using HafsModels.Quantization.Lanes;
using HafsModels.Quantization.Search;
using HafsModels.Tensors;

namespace HafsModels.Quantization;

/// <summary>
/// Super-blocks of 16 sub-blocks of 16 elements: x ≈ d·scale·q − dmin·offset with q in [0, 3] and 4-bit scale and offset for each sub-block.
/// Layout: scales (low) and offsets (high half, 16 bytes), q (64 bytes: 32 for each half of 128 elements, <see cref="BitPlanes"/>), d (F16), dmin (F16).
/// </summary>
internal sealed class Q2_K() : BlockFormat(GgmlType.Q2_K)
{
    private const int Elements = 256, SubBlocks = 16, SubBlock = 16, Limit = 3, ScaleLimit = 15;
    private const int Bytes = 84, Quants = 16, Scale = 80, Offset = 82;

    private protected override void EncodeRow(ReadOnlySpan<float> row, ReadOnlySpan<float> importance, Span<byte> destination)
        => OffsetSuperBlocks<Block, Plain, WeightedTwoBits>.EncodeRow(row, importance, destination);

    private protected override void EncodeLanes<V>(ReadOnlySpan<float> rows, int rowLength, ReadOnlySpan<float> importance, Span<byte> destination)
        => OffsetSuperBlocks<Block, Plain, WeightedTwoBits>.EncodeLanes<V>(rows, rowLength, importance, destination);

    private protected override void DecodeBlocks(ReadOnlySpan<byte> blocks, Span<float> destination)
    {
        Span<byte> quants = stackalloc byte[Elements];
        for (; !blocks.IsEmpty; blocks = blocks[Bytes..], destination = destination[Elements..])
        {
            float d = blocks.ReadHalf(Scale), dmin = blocks.ReadHalf(Offset);
            for (int half = 0; half < 2; half++)
                BitPlanes.UnpackQuarters(blocks.Slice(Quants + half * 32, 32), quants.Slice(half * 128, 128));
            for (int i = 0; i < Elements; i++)
            {
                int pair = blocks[i / SubBlock];
                destination[i] = d * (pair & 15) * quants[i] - dmin * (pair >> 4);
            }
        }
    }

    private readonly struct Block : IOffsetSuperBlock
    {
        public static int Bytes => Q2_K.Bytes;
        public static int ScaleLimit => Q2_K.ScaleLimit;
        public static float MeanSquareFactor => 1;

        // Unlike Q4_K, the unit is 0 when there is nothing above 0, and integers are not clamped.
        public static float QuantizeToLargest(ReadOnlySpan<float> values, Span<byte> quants)
        {
            if (ScaleUnits.TryQuantizeToLargest(values, Q2_K.ScaleLimit, quants, out float max))
                return max / Q2_K.ScaleLimit;
            if (!(max > 0))
            {
                quants.Clear();
                return 0;
            }

            float inverse = Q2_K.ScaleLimit / max;
            for (int j = 0; j < values.Length; j++)
                quants[j] = (byte)Rounding.Nearest(inverse * values[j]);
            return max / Q2_K.ScaleLimit;
        }

        public static void StoreScales(ref float d, Span<byte> scaleQuants, ref float dmin, Span<byte> offsetQuants, Span<byte> block)
        {
            d = block.WriteHalf(Scale, d);
            dmin = block.WriteHalf(Offset, dmin);
            for (int j = 0; j < SubBlocks; j++)
            {
                block[j] = (byte)(scaleQuants[j] | offsetQuants[j] << 4);
                (scaleQuants[j], offsetQuants[j]) = ((byte)(block[j] & 15), (byte)(block[j] >> 4));
            }
        }

        public static void StoreQuants(Span<byte> quants, Span<byte> block)
        {
            for (int half = 0; half < 2; half++)
                BitPlanes.PackQuarters(quants.Slice(half * 128, 128), block.Slice(Quants + half * 32, 32));
        }
    }

    // The search without an importance matrix: sixteen candidates; an error at x counts by its size, not its square, and costs |x|.
    private readonly struct Plain : IScaleMinRule
    {
        public static int Length => SubBlock;
        public static int Limit => Q2_K.Limit;
        public static float FirstOffset => -0.5f;
        public static float OffsetStep => 0.1f;
        public static int LastStep => 15;
        public static bool AbsoluteError => true;

        public static void Weigh(ReadOnlySpan<float> x, Span<float> weights)
        {
            for (int i = 0; i < SubBlock; i++)
                weights[i] = MathF.Abs(x[i]);
        }

        public static unsafe void Weigh<V>(float* rows, int stride)
            where V : struct, ILanes<V>
        {
            for (int i = 0; i < SubBlock; i++)
                V.Store(V.Abs(V.Load(rows + i * stride)), rows + i * stride + V.Count);
        }
    }
}
