using System.Runtime.CompilerServices;

namespace HafsModels.Quantization.Lanes;

/// <summary>A single lane, for CPUs without vectors and for comparison in tests.</summary>
internal readonly unsafe struct Lanes1(float value) : ILanes<Lanes1>
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;
    private readonly float value = value;

    public static int Count => 1;
    public static Lanes1 Zero => default;

    private int Bits => BitConverter.SingleToInt32Bits(value);

    [MethodImpl(Inline)] public static Lanes1 Create(float value) => new(value);
    [MethodImpl(Inline)] public static Lanes1 CreateBits(int bits) => new(BitConverter.Int32BitsToSingle(bits));
    [MethodImpl(Inline)] public static Lanes1 Load(float* source) => new(*source);
    [MethodImpl(Inline)] public static void Store(Lanes1 lanes, float* destination) => *destination = lanes.value;
    [MethodImpl(Inline)] public static void StoreBytes(Lanes1 lanes, byte* destination) => *destination = (byte)lanes.Bits;
    [MethodImpl(Inline)] public static Lanes1 operator +(Lanes1 left, Lanes1 right) => new(left.value + right.value);
    [MethodImpl(Inline)] public static Lanes1 operator -(Lanes1 left, Lanes1 right) => new(left.value - right.value);
    [MethodImpl(Inline)] public static Lanes1 operator *(Lanes1 left, Lanes1 right) => new(left.value * right.value);
    [MethodImpl(Inline)] public static Lanes1 operator /(Lanes1 left, Lanes1 right) => new(left.value / right.value);
    [MethodImpl(Inline)] public static Lanes1 operator &(Lanes1 left, Lanes1 right) => CreateBits(left.Bits & right.Bits);
    [MethodImpl(Inline)] public static Lanes1 operator |(Lanes1 left, Lanes1 right) => CreateBits(left.Bits | right.Bits);
    [MethodImpl(Inline)] public static Lanes1 operator ~(Lanes1 lanes) => CreateBits(~lanes.Bits);
    [MethodImpl(Inline)] public static Lanes1 operator -(Lanes1 lanes) => new(-lanes.value);
    [MethodImpl(Inline)] public static Lanes1 Abs(Lanes1 lanes) => new(MathF.Abs(lanes.value));
    [MethodImpl(Inline)] public static Lanes1 Sqrt(Lanes1 lanes) => new(MathF.Sqrt(lanes.value));
    [MethodImpl(Inline)] public static Lanes1 Round(Lanes1 lanes) => new(MathF.Round(lanes.value));
    [MethodImpl(Inline)] public static Lanes1 Min(Lanes1 left, Lanes1 right) => left.value < right.value ? left : right;
    [MethodImpl(Inline)] public static Lanes1 Max(Lanes1 left, Lanes1 right) => left.value > right.value ? left : right;
    [MethodImpl(Inline)] public static Lanes1 LessThan(Lanes1 left, Lanes1 right) => CreateBits(left.value < right.value ? -1 : 0);
    [MethodImpl(Inline)] public static Lanes1 Equal(Lanes1 left, Lanes1 right) => CreateBits(left.value == right.value ? -1 : 0);
    [MethodImpl(Inline)] public static Lanes1 Select(Lanes1 mask, Lanes1 whenSet, Lanes1 whenClear) => mask.Bits != 0 ? whenSet : whenClear;
    [MethodImpl(Inline)] public static uint MaskBits(Lanes1 mask) => (uint)mask.Bits >> 31;
    [MethodImpl(Inline)] public static Lanes1 AddBits(Lanes1 left, Lanes1 right) => CreateBits(left.Bits + right.Bits);
    [MethodImpl(Inline)] public static Lanes1 SubtractBits(Lanes1 left, Lanes1 right) => CreateBits(left.Bits - right.Bits);
    [MethodImpl(Inline)] public static Lanes1 MinBits(Lanes1 left, Lanes1 right) => left.Bits < right.Bits ? left : right;
    [MethodImpl(Inline)] public static Lanes1 MaxBits(Lanes1 left, Lanes1 right) => left.Bits > right.Bits ? left : right;
    [MethodImpl(Inline)] public static Lanes1 MinUnsignedBits(Lanes1 left, Lanes1 right) => (uint)left.Bits < (uint)right.Bits ? left : right;
    [MethodImpl(Inline)] public static Lanes1 MaxUnsignedBits(Lanes1 left, Lanes1 right) => (uint)left.Bits > (uint)right.Bits ? left : right;
    [MethodImpl(Inline)] public static Lanes1 TruncateToBits(Lanes1 lanes) => CreateBits(Rounding.Truncate(lanes.value));
    [MethodImpl(Inline)] public static Lanes1 ShiftLeftBits(Lanes1 lanes, int count) => CreateBits(lanes.Bits << count);
    [MethodImpl(Inline)] public static Lanes1 ShiftRightBits(Lanes1 lanes, int count) => CreateBits(lanes.Bits >> count);
    [MethodImpl(Inline)] public static Lanes1 ShiftRightUnsignedBits(Lanes1 lanes, int count) => CreateBits(lanes.Bits >>> count);
    [MethodImpl(Inline)] public static float LargestBits(Lanes1 lanes) => lanes.value;
    [MethodImpl(Inline)] public static Lanes1 Lookup(float* table, Lanes1 indices) => new(table[indices.Bits]);
    [MethodImpl(Inline)] public static float SmallestBits(Lanes1 lanes) => lanes.value;
    [MethodImpl(Inline)] public static Lanes1 LoadWords(ushort* source) => CreateBits(*source);
    [MethodImpl(Inline)] public static Lanes1 LookupFour(float* table, Lanes1 indices) => new(table[indices.Bits & 3]);
    [MethodImpl(Inline)] public static Lanes1 LookupEight(float* table, Lanes1 indices) => new(table[indices.Bits & 7]);
    [MethodImpl(Inline)] public static Lanes1 ZipLower(Lanes1 left, Lanes1 right) => left;
    [MethodImpl(Inline)] public static Lanes1 ZipUpper(Lanes1 left, Lanes1 right) => right;
    [MethodImpl(Inline)] public static Lanes1 ZipPairsLower(Lanes1 left, Lanes1 right) => left;
    [MethodImpl(Inline)] public static Lanes1 ZipPairsUpper(Lanes1 left, Lanes1 right) => right;
    [MethodImpl(Inline)] public static Lanes1 EvenParts(Lanes1 left, Lanes1 right) => left;
    [MethodImpl(Inline)] public static Lanes1 OddParts(Lanes1 left, Lanes1 right) => right;
}
