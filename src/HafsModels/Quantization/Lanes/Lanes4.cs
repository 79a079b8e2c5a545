using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace HafsModels.Quantization.Lanes;

/// <summary>Four lanes in a 128-bit vector.</summary>
internal readonly unsafe struct Lanes4(Vector128<float> value) : ILanes<Lanes4>
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;
    private readonly Vector128<float> value = value;

    public static int Count => 4;

    public static Lanes4 Zero
    {
        [MethodImpl(Inline)]
        get => new(Vector128<float>.Zero);
    }

    private Vector128<int> Bits
    {
        [MethodImpl(Inline)]
        get => value.AsInt32();
    }

    /// <summary>The lanes as a vector.</summary>
    internal Vector128<float> Vector
    {
        [MethodImpl(Inline)]
        get => value;
    }

    [MethodImpl(Inline)] public static Lanes4 Create(float value) => new(Vector128.Create(value));
    [MethodImpl(Inline)] public static Lanes4 CreateBits(int bits) => new(Vector128.Create(bits).AsSingle());
    [MethodImpl(Inline)] public static Lanes4 Load(float* source) => new(Vector128.Load(source));
    [MethodImpl(Inline)] public static void Store(Lanes4 lanes, float* destination) => lanes.value.Store(destination);

    [MethodImpl(Inline)]
    public static void StoreBytes(Lanes4 lanes, byte* destination)
    {
        Vector128<ushort> words = Vector128.Narrow(lanes.Bits & Vector128.Create(255), default).AsUInt16();
        *(uint*)destination = Vector128.Narrow(words, words).AsUInt32().ToScalar();
    }

    [MethodImpl(Inline)] public static Lanes4 operator +(Lanes4 left, Lanes4 right) => new(left.value + right.value);
    [MethodImpl(Inline)] public static Lanes4 operator -(Lanes4 left, Lanes4 right) => new(left.value - right.value);
    [MethodImpl(Inline)] public static Lanes4 operator *(Lanes4 left, Lanes4 right) => new(left.value * right.value);
    [MethodImpl(Inline)] public static Lanes4 operator /(Lanes4 left, Lanes4 right) => new(left.value / right.value);
    [MethodImpl(Inline)] public static Lanes4 operator &(Lanes4 left, Lanes4 right) => new(left.value & right.value);
    [MethodImpl(Inline)] public static Lanes4 operator |(Lanes4 left, Lanes4 right) => new(left.value | right.value);
    [MethodImpl(Inline)] public static Lanes4 operator ~(Lanes4 lanes) => new(~lanes.value);
    [MethodImpl(Inline)] public static Lanes4 operator -(Lanes4 lanes) => new(-lanes.value);
    [MethodImpl(Inline)] public static Lanes4 Abs(Lanes4 lanes) => new(Vector128.Abs(lanes.value));
    [MethodImpl(Inline)] public static Lanes4 Sqrt(Lanes4 lanes) => new(Vector128.Sqrt(lanes.value));
    [MethodImpl(Inline)] public static Lanes4 Round(Lanes4 lanes) => new(Vector128.Round(lanes.value));
    [MethodImpl(Inline)] public static Lanes4 Min(Lanes4 left, Lanes4 right) => new(Vector128.MinNative(left.value, right.value));
    [MethodImpl(Inline)] public static Lanes4 Max(Lanes4 left, Lanes4 right) => new(Vector128.MaxNative(left.value, right.value));
    [MethodImpl(Inline)] public static Lanes4 LessThan(Lanes4 left, Lanes4 right) => new(Vector128.LessThan(left.value, right.value));
    [MethodImpl(Inline)] public static Lanes4 Equal(Lanes4 left, Lanes4 right) => new(Vector128.Equals(left.value, right.value));
    [MethodImpl(Inline)] public static Lanes4 Select(Lanes4 mask, Lanes4 whenSet, Lanes4 whenClear) => new(Vector128.ConditionalSelect(mask.value, whenSet.value, whenClear.value));
    [MethodImpl(Inline)] public static uint MaskBits(Lanes4 mask) => (uint)mask.value.ExtractMostSignificantBits();
    [MethodImpl(Inline)] public static Lanes4 AddBits(Lanes4 left, Lanes4 right) => new((left.Bits + right.Bits).AsSingle());
    [MethodImpl(Inline)] public static Lanes4 SubtractBits(Lanes4 left, Lanes4 right) => new((left.Bits - right.Bits).AsSingle());
    [MethodImpl(Inline)] public static Lanes4 MinBits(Lanes4 left, Lanes4 right) => new(Vector128.Min(left.Bits, right.Bits).AsSingle());
    [MethodImpl(Inline)] public static Lanes4 MaxBits(Lanes4 left, Lanes4 right) => new(Vector128.Max(left.Bits, right.Bits).AsSingle());
    [MethodImpl(Inline)] public static Lanes4 MinUnsignedBits(Lanes4 left, Lanes4 right) => new(Vector128.Min(left.value.AsUInt32(), right.value.AsUInt32()).AsSingle());
    [MethodImpl(Inline)] public static Lanes4 MaxUnsignedBits(Lanes4 left, Lanes4 right) => new(Vector128.Max(left.value.AsUInt32(), right.value.AsUInt32()).AsSingle());
    [MethodImpl(Inline)] public static Lanes4 TruncateToBits(Lanes4 lanes) => new(Vector128.ConvertToInt32Native(lanes.value).AsSingle());
    [MethodImpl(Inline)] public static Lanes4 ShiftLeftBits(Lanes4 lanes, int count) => new((lanes.Bits << count).AsSingle());
    [MethodImpl(Inline)] public static Lanes4 ShiftRightBits(Lanes4 lanes, int count) => new((lanes.Bits >> count).AsSingle());
    [MethodImpl(Inline)] public static Lanes4 ShiftRightUnsignedBits(Lanes4 lanes, int count) => new((lanes.Bits >>> count).AsSingle());

    [MethodImpl(Inline)]
    public static float LargestBits(Lanes4 lanes)
    {
        Vector128<int> largest = Vector128.Max(lanes.Bits, Vector128.Shuffle(lanes.Bits, Vector128.Create(2, 3, 0, 1)));
        return BitConverter.Int32BitsToSingle(Vector128.Max(largest, Vector128.Shuffle(largest, Vector128.Create(1, 0, 3, 2))).ToScalar());
    }

    [MethodImpl(Inline)]
    public static Lanes4 Lookup(float* table, Lanes4 indices)
        => new(Vector128.Create(table[indices.Bits[0]], table[indices.Bits[1]], table[indices.Bits[2]], table[indices.Bits[3]]));

    [MethodImpl(Inline)]
    public static float SmallestBits(Lanes4 lanes)
    {
        Vector128<int> smallest = Vector128.Min(lanes.Bits, Vector128.Shuffle(lanes.Bits, Vector128.Create(2, 3, 0, 1)));
        return BitConverter.Int32BitsToSingle(Vector128.Min(smallest, Vector128.Shuffle(smallest, Vector128.Create(1, 0, 3, 2))).ToScalar());
    }

    [MethodImpl(Inline)] public static Lanes4 LoadWords(ushort* source) => new(Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(ulong*)source).AsUInt16()).AsSingle());

    [MethodImpl(Inline)]
    public static Lanes4 LookupFour(float* table, Lanes4 indices)
        => Avx.IsSupported ? new(Avx.PermuteVar(Vector128.Load(table), indices.Bits)) : Lookup(table, new((indices.Bits & Vector128.Create(3)).AsSingle()));

    [MethodImpl(Inline)] public static Lanes4 LookupEight(float* table, Lanes4 indices) => Lookup(table, new((indices.Bits & Vector128.Create(7)).AsSingle()));

    [MethodImpl(Inline)]
    public static Lanes4 ZipLower(Lanes4 left, Lanes4 right)
    {
        if (Sse.IsSupported)
            return new(Sse.UnpackLow(left.value, right.value));
        if (AdvSimd.Arm64.IsSupported)
            return new(AdvSimd.Arm64.ZipLow(left.value, right.value));
        return new(Vector128.Create(left.value[0], right.value[0], left.value[1], right.value[1]));
    }

    [MethodImpl(Inline)]
    public static Lanes4 ZipUpper(Lanes4 left, Lanes4 right)
    {
        if (Sse.IsSupported)
            return new(Sse.UnpackHigh(left.value, right.value));
        if (AdvSimd.Arm64.IsSupported)
            return new(AdvSimd.Arm64.ZipHigh(left.value, right.value));
        return new(Vector128.Create(left.value[2], right.value[2], left.value[3], right.value[3]));
    }

    [MethodImpl(Inline)]
    public static Lanes4 ZipPairsLower(Lanes4 left, Lanes4 right)
        => new(Sse.IsSupported ? Sse.MoveLowToHigh(left.value, right.value) : Vector128.Create(left.value.GetLower(), right.value.GetLower()));

    [MethodImpl(Inline)]
    public static Lanes4 ZipPairsUpper(Lanes4 left, Lanes4 right)
        => new(Sse.IsSupported ? Sse.MoveHighToLow(right.value, left.value) : Vector128.Create(left.value.GetUpper(), right.value.GetUpper()));

    [MethodImpl(Inline)] public static Lanes4 EvenParts(Lanes4 left, Lanes4 right) => left;
    [MethodImpl(Inline)] public static Lanes4 OddParts(Lanes4 left, Lanes4 right) => right;
}
