using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace HafsModels.Quantization.Lanes;

/// <summary>Eight lanes in a 256-bit vector.</summary>
internal readonly unsafe struct Lanes8(Vector256<float> value) : ILanes<Lanes8>
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;
    private readonly Vector256<float> value = value;

    public static int Count => 8;

    public static Lanes8 Zero
    {
        [MethodImpl(Inline)]
        get => new(Vector256<float>.Zero);
    }

    private Vector256<int> Bits
    {
        [MethodImpl(Inline)]
        get => value.AsInt32();
    }

    /// <summary>The lanes as a vector.</summary>
    internal Vector256<float> Vector
    {
        [MethodImpl(Inline)]
        get => value;
    }

    private Lanes4 Lower
    {
        [MethodImpl(Inline)]
        get => new(value.GetLower());
    }

    private Lanes4 Upper
    {
        [MethodImpl(Inline)]
        get => new(value.GetUpper());
    }

    [MethodImpl(Inline)] public static Lanes8 Create(float value) => new(Vector256.Create(value));
    [MethodImpl(Inline)] public static Lanes8 CreateBits(int bits) => new(Vector256.Create(bits).AsSingle());
    [MethodImpl(Inline)] public static Lanes8 Load(float* source) => new(Vector256.Load(source));
    [MethodImpl(Inline)] public static void Store(Lanes8 lanes, float* destination) => lanes.value.Store(destination);

    [MethodImpl(Inline)]
    public static void StoreBytes(Lanes8 lanes, byte* destination)
    {
        Vector256<int> low = lanes.Bits & Vector256.Create(255);
        Vector128<ushort> words = Vector128.Narrow(low.GetLower(), low.GetUpper()).AsUInt16();
        *(ulong*)destination = Vector128.Narrow(words, words).AsUInt64().ToScalar();
    }

    [MethodImpl(Inline)] public static Lanes8 operator +(Lanes8 left, Lanes8 right) => new(left.value + right.value);
    [MethodImpl(Inline)] public static Lanes8 operator -(Lanes8 left, Lanes8 right) => new(left.value - right.value);
    [MethodImpl(Inline)] public static Lanes8 operator *(Lanes8 left, Lanes8 right) => new(left.value * right.value);
    [MethodImpl(Inline)] public static Lanes8 operator /(Lanes8 left, Lanes8 right) => new(left.value / right.value);
    [MethodImpl(Inline)] public static Lanes8 operator &(Lanes8 left, Lanes8 right) => new(left.value & right.value);
    [MethodImpl(Inline)] public static Lanes8 operator |(Lanes8 left, Lanes8 right) => new(left.value | right.value);
    [MethodImpl(Inline)] public static Lanes8 operator ~(Lanes8 lanes) => new(~lanes.value);
    [MethodImpl(Inline)] public static Lanes8 operator -(Lanes8 lanes) => new(-lanes.value);
    [MethodImpl(Inline)] public static Lanes8 Abs(Lanes8 lanes) => new(Vector256.Abs(lanes.value));
    [MethodImpl(Inline)] public static Lanes8 Sqrt(Lanes8 lanes) => new(Vector256.Sqrt(lanes.value));
    [MethodImpl(Inline)] public static Lanes8 Round(Lanes8 lanes) => new(Vector256.Round(lanes.value));
    [MethodImpl(Inline)] public static Lanes8 Min(Lanes8 left, Lanes8 right) => new(Vector256.MinNative(left.value, right.value));
    [MethodImpl(Inline)] public static Lanes8 Max(Lanes8 left, Lanes8 right) => new(Vector256.MaxNative(left.value, right.value));
    [MethodImpl(Inline)] public static Lanes8 LessThan(Lanes8 left, Lanes8 right) => new(Vector256.LessThan(left.value, right.value));
    [MethodImpl(Inline)] public static Lanes8 Equal(Lanes8 left, Lanes8 right) => new(Vector256.Equals(left.value, right.value));
    [MethodImpl(Inline)] public static Lanes8 Select(Lanes8 mask, Lanes8 whenSet, Lanes8 whenClear) => new(Vector256.ConditionalSelect(mask.value, whenSet.value, whenClear.value));
    [MethodImpl(Inline)] public static uint MaskBits(Lanes8 mask) => (uint)mask.value.ExtractMostSignificantBits();
    [MethodImpl(Inline)] public static Lanes8 AddBits(Lanes8 left, Lanes8 right) => new((left.Bits + right.Bits).AsSingle());
    [MethodImpl(Inline)] public static Lanes8 SubtractBits(Lanes8 left, Lanes8 right) => new((left.Bits - right.Bits).AsSingle());
    [MethodImpl(Inline)] public static Lanes8 MinBits(Lanes8 left, Lanes8 right) => new(Vector256.Min(left.Bits, right.Bits).AsSingle());
    [MethodImpl(Inline)] public static Lanes8 MaxBits(Lanes8 left, Lanes8 right) => new(Vector256.Max(left.Bits, right.Bits).AsSingle());
    [MethodImpl(Inline)] public static Lanes8 MinUnsignedBits(Lanes8 left, Lanes8 right) => new(Vector256.Min(left.value.AsUInt32(), right.value.AsUInt32()).AsSingle());
    [MethodImpl(Inline)] public static Lanes8 MaxUnsignedBits(Lanes8 left, Lanes8 right) => new(Vector256.Max(left.value.AsUInt32(), right.value.AsUInt32()).AsSingle());
    [MethodImpl(Inline)] public static Lanes8 TruncateToBits(Lanes8 lanes) => new(Vector256.ConvertToInt32Native(lanes.value).AsSingle());
    [MethodImpl(Inline)] public static Lanes8 ShiftLeftBits(Lanes8 lanes, int count) => new((lanes.Bits << count).AsSingle());
    [MethodImpl(Inline)] public static Lanes8 ShiftRightBits(Lanes8 lanes, int count) => new((lanes.Bits >> count).AsSingle());
    [MethodImpl(Inline)] public static Lanes8 ShiftRightUnsignedBits(Lanes8 lanes, int count) => new((lanes.Bits >>> count).AsSingle());

    [MethodImpl(Inline)]
    public static float LargestBits(Lanes8 lanes) => Lanes4.LargestBits(new Lanes4(Vector128.Max(lanes.Bits.GetLower(), lanes.Bits.GetUpper()).AsSingle()));

    [MethodImpl(Inline)]
    public static Lanes8 Lookup(float* table, Lanes8 indices)
    {
        Vector256<int> low = indices.Bits & Vector256.Create(7);
        Vector256<float> first = Vector256.Shuffle(Vector256.Load(table), low), second = Vector256.Shuffle(Vector256.Load(table + 8), low);
        return new(Vector256.ConditionalSelect(Vector256.Equals(low, indices.Bits).AsSingle(), first, second));
    }

    [MethodImpl(Inline)]
    public static float SmallestBits(Lanes8 lanes) => Lanes4.SmallestBits(new Lanes4(Vector128.Min(lanes.Bits.GetLower(), lanes.Bits.GetUpper()).AsSingle()));

    [MethodImpl(Inline)]
    public static Lanes8 LoadWords(ushort* source)
    {
        if (Avx2.IsSupported)
            return new(Avx2.ConvertToVector256Int32(source).AsSingle());
        (Vector128<uint> lower, Vector128<uint> upper) = Vector128.Widen(Vector128.Load(source));
        return new(Vector256.Create(lower, upper).AsSingle());
    }

    [MethodImpl(Inline)]
    public static Lanes8 LookupFour(float* table, Lanes8 indices)
    {
        Vector128<float> four = Vector128.Load(table);
        Vector256<float> twice = Vector256.Create(four, four);
        return new(Avx.IsSupported ? Avx.PermuteVar(twice, indices.Bits) : Vector256.Shuffle(twice, indices.Bits & Vector256.Create(3)));
    }

    [MethodImpl(Inline)]
    public static Lanes8 LookupEight(float* table, Lanes8 indices)
        => new(Avx2.IsSupported ? Avx2.PermuteVar8x32(Vector256.Load(table), indices.Bits) : Vector256.Shuffle(Vector256.Load(table), indices.Bits & Vector256.Create(7)));

    [MethodImpl(Inline)]
    public static Lanes8 ZipLower(Lanes8 left, Lanes8 right)
        => Avx.IsSupported ? new(Avx.UnpackLow(left.value, right.value)) : Join(Lanes4.ZipLower(left.Lower, right.Lower), Lanes4.ZipLower(left.Upper, right.Upper));

    [MethodImpl(Inline)]
    public static Lanes8 ZipUpper(Lanes8 left, Lanes8 right)
        => Avx.IsSupported ? new(Avx.UnpackHigh(left.value, right.value)) : Join(Lanes4.ZipUpper(left.Lower, right.Lower), Lanes4.ZipUpper(left.Upper, right.Upper));

    [MethodImpl(Inline)]
    public static Lanes8 ZipPairsLower(Lanes8 left, Lanes8 right) => Avx.IsSupported
        ? new(Avx.UnpackLow(left.value.AsDouble(), right.value.AsDouble()).AsSingle())
        : Join(Lanes4.ZipPairsLower(left.Lower, right.Lower), Lanes4.ZipPairsLower(left.Upper, right.Upper));

    [MethodImpl(Inline)]
    public static Lanes8 ZipPairsUpper(Lanes8 left, Lanes8 right) => Avx.IsSupported
        ? new(Avx.UnpackHigh(left.value.AsDouble(), right.value.AsDouble()).AsSingle())
        : Join(Lanes4.ZipPairsUpper(left.Lower, right.Lower), Lanes4.ZipPairsUpper(left.Upper, right.Upper));

    [MethodImpl(Inline)] public static Lanes8 EvenParts(Lanes8 left, Lanes8 right) => Join(left.Lower, right.Lower);

    [MethodImpl(Inline)]
    public static Lanes8 OddParts(Lanes8 left, Lanes8 right) => Avx.IsSupported ? new(Avx.Permute2x128(left.value, right.value, 0x31)) : Join(left.Upper, right.Upper);

    [MethodImpl(Inline)] private static Lanes8 Join(Lanes4 lower, Lanes4 upper) => new(Vector256.Create(lower.Vector, upper.Vector));
}
