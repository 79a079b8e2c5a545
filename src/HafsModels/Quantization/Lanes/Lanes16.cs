using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace HafsModels.Quantization.Lanes;

/// <summary>Sixteen lanes in a 512-bit vector.</summary>
internal readonly unsafe struct Lanes16(Vector512<float> value) : ILanes<Lanes16>
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;
    private readonly Vector512<float> value = value;

    public static int Count => 16;

    public static Lanes16 Zero
    {
        [MethodImpl(Inline)]
        get => new(Vector512<float>.Zero);
    }

    private Vector512<int> Bits
    {
        [MethodImpl(Inline)]
        get => value.AsInt32();
    }

    private Lanes8 Lower
    {
        [MethodImpl(Inline)]
        get => new(value.GetLower());
    }

    private Lanes8 Upper
    {
        [MethodImpl(Inline)]
        get => new(value.GetUpper());
    }

    [MethodImpl(Inline)] public static Lanes16 Create(float value) => new(Vector512.Create(value));
    [MethodImpl(Inline)] public static Lanes16 CreateBits(int bits) => new(Vector512.Create(bits).AsSingle());
    [MethodImpl(Inline)] public static Lanes16 Load(float* source) => new(Vector512.Load(source));
    [MethodImpl(Inline)] public static void Store(Lanes16 lanes, float* destination) => lanes.value.Store(destination);

    [MethodImpl(Inline)]
    public static void StoreBytes(Lanes16 lanes, byte* destination)
    {
        if (Avx512F.IsSupported)
        {
            Avx512F.ConvertToVector128Byte(lanes.Bits).Store(destination);
            return;
        }

        Vector512<int> low = lanes.Bits & Vector512.Create(255);
        Vector256<short> words = Vector256.Narrow(low.GetLower(), low.GetUpper());
        Vector128.Narrow(words.GetLower().AsUInt16(), words.GetUpper().AsUInt16()).Store(destination);
    }

    [MethodImpl(Inline)] public static Lanes16 operator +(Lanes16 left, Lanes16 right) => new(left.value + right.value);
    [MethodImpl(Inline)] public static Lanes16 operator -(Lanes16 left, Lanes16 right) => new(left.value - right.value);
    [MethodImpl(Inline)] public static Lanes16 operator *(Lanes16 left, Lanes16 right) => new(left.value * right.value);
    [MethodImpl(Inline)] public static Lanes16 operator /(Lanes16 left, Lanes16 right) => new(left.value / right.value);
    [MethodImpl(Inline)] public static Lanes16 operator &(Lanes16 left, Lanes16 right) => new(left.value & right.value);
    [MethodImpl(Inline)] public static Lanes16 operator |(Lanes16 left, Lanes16 right) => new(left.value | right.value);
    [MethodImpl(Inline)] public static Lanes16 operator ~(Lanes16 lanes) => new(~lanes.value);
    [MethodImpl(Inline)] public static Lanes16 operator -(Lanes16 lanes) => new(-lanes.value);
    [MethodImpl(Inline)] public static Lanes16 Abs(Lanes16 lanes) => new(Vector512.Abs(lanes.value));
    [MethodImpl(Inline)] public static Lanes16 Sqrt(Lanes16 lanes) => new(Vector512.Sqrt(lanes.value));
    [MethodImpl(Inline)] public static Lanes16 Round(Lanes16 lanes) => new(Vector512.Round(lanes.value));
    [MethodImpl(Inline)] public static Lanes16 Min(Lanes16 left, Lanes16 right) => new(Vector512.MinNative(left.value, right.value));
    [MethodImpl(Inline)] public static Lanes16 Max(Lanes16 left, Lanes16 right) => new(Vector512.MaxNative(left.value, right.value));
    [MethodImpl(Inline)] public static Lanes16 LessThan(Lanes16 left, Lanes16 right) => new(Vector512.LessThan(left.value, right.value));
    [MethodImpl(Inline)] public static Lanes16 Equal(Lanes16 left, Lanes16 right) => new(Vector512.Equals(left.value, right.value));
    [MethodImpl(Inline)] public static Lanes16 Select(Lanes16 mask, Lanes16 whenSet, Lanes16 whenClear) => new(Vector512.ConditionalSelect(mask.value, whenSet.value, whenClear.value));
    [MethodImpl(Inline)] public static uint MaskBits(Lanes16 mask) => (uint)mask.value.ExtractMostSignificantBits();
    [MethodImpl(Inline)] public static Lanes16 AddBits(Lanes16 left, Lanes16 right) => new((left.Bits + right.Bits).AsSingle());
    [MethodImpl(Inline)] public static Lanes16 SubtractBits(Lanes16 left, Lanes16 right) => new((left.Bits - right.Bits).AsSingle());
    [MethodImpl(Inline)] public static Lanes16 MinBits(Lanes16 left, Lanes16 right) => new(Vector512.Min(left.Bits, right.Bits).AsSingle());
    [MethodImpl(Inline)] public static Lanes16 MaxBits(Lanes16 left, Lanes16 right) => new(Vector512.Max(left.Bits, right.Bits).AsSingle());
    [MethodImpl(Inline)] public static Lanes16 MinUnsignedBits(Lanes16 left, Lanes16 right) => new(Vector512.Min(left.value.AsUInt32(), right.value.AsUInt32()).AsSingle());
    [MethodImpl(Inline)] public static Lanes16 MaxUnsignedBits(Lanes16 left, Lanes16 right) => new(Vector512.Max(left.value.AsUInt32(), right.value.AsUInt32()).AsSingle());
    [MethodImpl(Inline)] public static Lanes16 TruncateToBits(Lanes16 lanes) => new(Vector512.ConvertToInt32Native(lanes.value).AsSingle());
    [MethodImpl(Inline)] public static Lanes16 ShiftLeftBits(Lanes16 lanes, int count) => new((lanes.Bits << count).AsSingle());
    [MethodImpl(Inline)] public static Lanes16 ShiftRightBits(Lanes16 lanes, int count) => new((lanes.Bits >> count).AsSingle());
    [MethodImpl(Inline)] public static Lanes16 ShiftRightUnsignedBits(Lanes16 lanes, int count) => new((lanes.Bits >>> count).AsSingle());

    [MethodImpl(Inline)]
    public static float LargestBits(Lanes16 lanes) => Lanes8.LargestBits(new Lanes8(Vector256.Max(lanes.Bits.GetLower(), lanes.Bits.GetUpper()).AsSingle()));

    [MethodImpl(Inline)]
    public static Lanes16 Lookup(float* table, Lanes16 indices)
        => new(Avx512F.IsSupported ? Avx512F.PermuteVar16x32(Vector512.Load(table), indices.Bits) : Vector512.Shuffle(Vector512.Load(table), indices.Bits));

    [MethodImpl(Inline)]
    public static float SmallestBits(Lanes16 lanes) => Lanes8.SmallestBits(new Lanes8(Vector256.Min(lanes.Bits.GetLower(), lanes.Bits.GetUpper()).AsSingle()));

    [MethodImpl(Inline)]
    public static Lanes16 LoadWords(ushort* source)
    {
        if (Avx512F.IsSupported)
            return new(Avx512F.ConvertToVector512Int32(Vector256.Load(source)).AsSingle());
        (Vector256<uint> lower, Vector256<uint> upper) = Vector256.Widen(Vector256.Load(source));
        return new(Vector512.Create(lower, upper).AsSingle());
    }

    [MethodImpl(Inline)]
    public static Lanes16 LookupFour(float* table, Lanes16 indices)
    {
        if (Avx512F.IsSupported)
            return new(Avx512F.PermuteVar4x32(Avx512F.BroadcastVector128ToVector512(table), indices.Bits));
        Vector256<float> twice = Vector256.Create(Vector128.Load(table), Vector128.Load(table));
        return new(Vector512.Shuffle(Vector512.Create(twice, twice), indices.Bits & Vector512.Create(3)));
    }

    [MethodImpl(Inline)]
    public static Lanes16 LookupEight(float* table, Lanes16 indices)
    {
        if (Avx512DQ.IsSupported)
            return new(Avx512F.PermuteVar16x32(Avx512DQ.BroadcastVector256ToVector512(table), indices.Bits));
        return new(Vector512.Shuffle(Vector512.Create(Vector256.Load(table), Vector256.Load(table)), indices.Bits & Vector512.Create(7)));
    }

    [MethodImpl(Inline)]
    public static Lanes16 ZipLower(Lanes16 left, Lanes16 right)
        => Avx512F.IsSupported ? new(Avx512F.UnpackLow(left.value, right.value)) : Join(Lanes8.ZipLower(left.Lower, right.Lower), Lanes8.ZipLower(left.Upper, right.Upper));

    [MethodImpl(Inline)]
    public static Lanes16 ZipUpper(Lanes16 left, Lanes16 right)
        => Avx512F.IsSupported ? new(Avx512F.UnpackHigh(left.value, right.value)) : Join(Lanes8.ZipUpper(left.Lower, right.Lower), Lanes8.ZipUpper(left.Upper, right.Upper));

    [MethodImpl(Inline)]
    public static Lanes16 ZipPairsLower(Lanes16 left, Lanes16 right) => Avx512F.IsSupported
        ? new(Avx512F.UnpackLow(left.value.AsDouble(), right.value.AsDouble()).AsSingle())
        : Join(Lanes8.ZipPairsLower(left.Lower, right.Lower), Lanes8.ZipPairsLower(left.Upper, right.Upper));

    [MethodImpl(Inline)]
    public static Lanes16 ZipPairsUpper(Lanes16 left, Lanes16 right) => Avx512F.IsSupported
        ? new(Avx512F.UnpackHigh(left.value.AsDouble(), right.value.AsDouble()).AsSingle())
        : Join(Lanes8.ZipPairsUpper(left.Lower, right.Lower), Lanes8.ZipPairsUpper(left.Upper, right.Upper));

    [MethodImpl(Inline)]
    public static Lanes16 EvenParts(Lanes16 left, Lanes16 right)
        => Avx512F.IsSupported ? new(Avx512F.Shuffle4x128(left.value, right.value, 0x88)) : Join(Lanes8.EvenParts(left.Lower, left.Upper), Lanes8.EvenParts(right.Lower, right.Upper));

    [MethodImpl(Inline)]
    public static Lanes16 OddParts(Lanes16 left, Lanes16 right)
        => Avx512F.IsSupported ? new(Avx512F.Shuffle4x128(left.value, right.value, 0xDD)) : Join(Lanes8.OddParts(left.Lower, left.Upper), Lanes8.OddParts(right.Lower, right.Upper));

    [MethodImpl(Inline)] private static Lanes16 Join(Lanes8 lower, Lanes8 upper) => new(Vector512.Create(lower.Vector, upper.Vector));
}
