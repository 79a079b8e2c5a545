using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using HafsModels.Quantization.Lanes;
using HafsModels.Tensors;

namespace HafsModels.Quantization.Onnx;

/// <summary>
/// Weights of the operator MatMulNBits, byte for byte as ONNX Runtime's own blockwise quantizer makes them: blocks along a row, a scale for each, and in
/// the asymmetric form a zero point. Computed in float without fused multiplication; halves round away from zero.
/// </summary>
/// <param name="bits">4 or 8.</param>
/// <param name="blockSize">Elements that share a scale: a power of two, 16 to 256.</param>
/// <param name="symmetric">Whether zero is in the middle of the range; else each block has a zero point.</param>
/// <param name="halfScales">Whether scales are F16, as they are where the operator's input is.</param>
internal sealed class NBitsQuantizer(int bits, int blockSize, bool symmetric, bool halfScales)
{
    private readonly int middle = 1 << (bits - 1);
    private readonly int largest = (1 << bits) - 1;

    /// <summary>Blocks of a row.</summary>
    public int Blocks(int rowLength) => (rowLength + blockSize - 1) / blockSize;

    /// <summary>Bytes of a row's numbers.</summary>
    public int RowBytes(int rowLength) => Blocks(rowLength) * blockSize * bits / 8;

    /// <summary>Bytes of a row's scales.</summary>
    public int ScaleBytes(int rowLength) => Blocks(rowLength) * (halfScales ? 2 : 4);

    /// <summary>Bytes of a row's zero points; 0 in the symmetric form.</summary>
    public int ZeroPointBytes(int rowLength) => symmetric ? 0 : ((Blocks(rowLength) * bits) + 7) / 8;

    /// <summary>Encodes whole rows, with the widest vectors the CPU has.</summary>
    /// <param name="rows">The numbers, row after row; finite.</param>
    /// <param name="rowLength">Elements of a row.</param>
    /// <param name="numbers">Takes <see cref="RowBytes"/> bytes for each row.</param>
    /// <param name="scales">Takes <see cref="ScaleBytes"/> bytes for each row.</param>
    /// <param name="zeroPoints">Takes <see cref="ZeroPointBytes"/> bytes for each row.</param>
    public void Encode(ReadOnlySpan<float> rows, int rowLength, Span<byte> numbers, Span<byte> scales, Span<byte> zeroPoints) => Encode(LaneWidths.Widest, rows, rowLength, numbers, scales, zeroPoints);

    /// <summary>Encodes with a chosen vector width; the bytes are the same for each. For tests.</summary>
    internal void Encode(LaneWidth width, ReadOnlySpan<float> rows, int rowLength, Span<byte> numbers, Span<byte> scales, Span<byte> zeroPoints)
    {
        // Where no row ends within a block or a byte, all are one.
        int length = rowLength % blockSize == 0 && (symmetric || Blocks(rowLength) * bits % 8 == 0) ? rows.Length : rowLength;
        for (int row = 0; row < rows.Length / length; row++)
        {
            EncodeRow(
                width,
                rows.Slice(row * length, length),
                numbers.Slice(row * RowBytes(length), RowBytes(length)),
                scales.Slice(row * ScaleBytes(length), ScaleBytes(length)),
                zeroPoints.Slice(row * ZeroPointBytes(length), ZeroPointBytes(length)));
        }
    }

    private void EncodeRow(LaneWidth width, ReadOnlySpan<float> row, Span<byte> numbers, Span<byte> scales, Span<byte> zeroPoints)
    {
        Span<float> quantized = stackalloc float[blockSize];
        int blockBytes = blockSize * bits / 8, done = bits == 4 && blockSize is 32 or 64 or 128 ? EncodeLanes(width, row, numbers, scales, zeroPoints) : 0;
        if (bits == 4 && !zeroPoints.IsEmpty)
            zeroPoints[(done / 2)..].Fill(0x88);
        for (int block = done; block * blockSize < row.Length; block++)
        {
            ReadOnlySpan<float> source = row.Slice(block * blockSize, Math.Min(blockSize, row.Length - (block * blockSize)));
            (float scale, int zero) = Range(source);
            scale = Store(scale, scales, block);
            if (!symmetric)
                StoreZeroPoint(zero, zeroPoints, block);
            float reciprocal = scale == 0 ? 0 : 1f / scale;
            Quantize(source, float.IsFinite(reciprocal) ? reciprocal : 0, zero, quantized);
            Pack(quantized[..source.Length], numbers.Slice(block * blockBytes, blockBytes));
        }
    }

    private int EncodeLanes(LaneWidth width, ReadOnlySpan<float> row, Span<byte> numbers, Span<byte> scales, Span<byte> zeroPoints) => width switch
    {
        LaneWidth.Sixteen => NBitsLanes.Encode<Lanes16>(row, blockSize, symmetric, halfScales, numbers, scales, zeroPoints),
        LaneWidth.Eight => NBitsLanes.Encode<Lanes8>(row, blockSize, symmetric, halfScales, numbers, scales, zeroPoints),
        LaneWidth.Four => NBitsLanes.Encode<Lanes4>(row, blockSize, symmetric, halfScales, numbers, scales, zeroPoints),
        _ => 0,
    };

    /// <summary>Decodes one row.</summary>
    /// <param name="numbers">What <see cref="Encode(ReadOnlySpan{float}, int, Span{byte}, Span{byte}, Span{byte})"/> wrote.</param>
    /// <param name="scales">What it wrote.</param>
    /// <param name="zeroPoints">What it wrote; empty in the symmetric form.</param>
    /// <param name="row">Takes the numbers.</param>
    public void Decode(ReadOnlySpan<byte> numbers, ReadOnlySpan<byte> scales, ReadOnlySpan<byte> zeroPoints, Span<float> row)
    {
        for (int i = 0; i < row.Length; i++)
        {
            int block = i / blockSize;
            float scale = halfScales ? HalfFloats.WidenF16(MemoryMarshal.Cast<byte, ushort>(scales)[block]) : MemoryMarshal.Cast<byte, float>(scales)[block];
            row[i] = (Part(numbers, i) - (symmetric ? middle : Part(zeroPoints, block))) * scale;
        }
    }

    private int Part(ReadOnlySpan<byte> packed, int index) => bits == 8 ? packed[index] : (packed[index / 2] >> (4 * (index % 2))) & 0xF;

    private (float Scale, int Zero) Range(ReadOnlySpan<float> source)
    {
        (float low, float high) = Extremes(source);
        if (symmetric)
        {
            // The larger end lies on the range's longer side, whatever its sign.
            float end = MathF.Abs(high) > MathF.Abs(low) ? high : low;
            return (end / -middle, middle);
        }

        (low, high) = (MathF.Min(low, 0), MathF.Max(high, 0));
        float scale = (high - low) / largest;
        float zero = scale == 0 ? 0 : -low / scale;
        return (scale, (int)Math.Clamp(MathF.Round(zero, MidpointRounding.AwayFromZero), 0, largest));
    }

    private static (float Low, float High) Extremes(ReadOnlySpan<float> source)
    {
        float low = source[0], high = source[0];
        int i = 0;
        if (source.Length >= Vector<float>.Count)
        {
            Vector<float> lows = new(source), highs = lows;
            for (i = Vector<float>.Count; i <= source.Length - Vector<float>.Count; i += Vector<float>.Count)
            {
                var lanes = new Vector<float>(source[i..]);
                (lows, highs) = (Vector.Min(lows, lanes), Vector.Max(highs, lanes));
            }

            for (int lane = 0; lane < Vector<float>.Count; lane++)
                (low, high) = (MathF.Min(low, lows[lane]), MathF.Max(high, highs[lane]));
        }

        for (; i < source.Length; i++)
            (low, high) = (MathF.Min(low, source[i]), MathF.Max(high, source[i]));
        return (low, high);
    }

    private float Store(float scale, Span<byte> scales, int block)
    {
        if (!halfScales)
            return MemoryMarshal.Cast<byte, float>(scales)[block] = scale;
        ushort half = HalfFloats.NarrowF16(scale);
        MemoryMarshal.Cast<byte, ushort>(scales)[block] = half;
        return HalfFloats.WidenF16(half);
    }

    private void StoreZeroPoint(int zero, Span<byte> zeroPoints, int block)
    {
        if (bits == 8)
            zeroPoints[block] = (byte)zero;
        else if (block % 2 == 0)
            zeroPoints[block / 2] = (byte)(0x80 | zero);
        else
            zeroPoints[block / 2] = (byte)((zeroPoints[block / 2] & 0xF) | (zero << 4));
    }

    // Anything below zero is cut off, so rounding halves away from zero is rounding them up.
    private void Quantize(ReadOnlySpan<float> source, float reciprocal, int zero, Span<float> quantized)
    {
        int i = 0;
        Vector<float> factor = new(reciprocal), shift = new(zero), half = new(0.5f), top = new(largest);
        for (; i <= source.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector<float> scaled = (new Vector<float>(source[i..]) * factor) + shift, floor = Vector.Floor(scaled);
            Vector<float> up = Vector.ConditionalSelect(Vector.GreaterThanOrEqual(scaled - floor, half), Vector<float>.One, Vector<float>.Zero);
            Vector.Min(Vector.Max(floor + up, Vector<float>.Zero), top).CopyTo(quantized[i..]);
        }

        for (; i < source.Length; i++)
        {
            float scaled = (source[i] * reciprocal) + zero, floor = MathF.Floor(scaled);
            quantized[i] = Math.Clamp(floor + (scaled - floor >= 0.5f ? 1 : 0), 0, largest);
        }
    }

    private void Pack(ReadOnlySpan<float> quantized, Span<byte> destination)
    {
        destination.Clear();
        if (bits == 8)
        {
            for (int i = 0; i < quantized.Length; i++)
                destination[i] = (byte)quantized[i];
            return;
        }

        int done = 0;
        for (; Vector128.IsHardwareAccelerated && done <= quantized.Length - 16; done += 16)
        {
            // Pairs of numbers meet in 16 bits: the odd one moves up by four, and the sum's low byte is the pair.
            Vector128<ushort> lower = Narrow(quantized[done..]), upper = Narrow(quantized[(done + 8)..]);
            Vector128<uint> first = lower.AsUInt32(), second = upper.AsUInt32();
            Vector128<ushort> pairs = Vector128.Narrow((first | (first >>> 12)) & Vector128.Create(0xFFu), (second | (second >>> 12)) & Vector128.Create(0xFFu));
            Vector128.Narrow(pairs, pairs).GetLower().CopyTo(destination[(done / 2)..]);
        }

        for (int i = done; i < quantized.Length; i += 2)
            destination[i / 2] = (byte)((int)quantized[i] | (i + 1 < quantized.Length ? (int)quantized[i + 1] << 4 : 0));
    }

    private static Vector128<ushort> Narrow(ReadOnlySpan<float> eight) =>
        Vector128.Narrow(Vector128.ConvertToInt32(Vector128.Create(eight)).AsUInt32(), Vector128.ConvertToInt32(Vector128.Create(eight[4..])).AsUInt32());
}
