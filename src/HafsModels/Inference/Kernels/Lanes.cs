using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace HafsModels.Inference.Kernels;

/// <summary>Sixteen lanes: what the kernels have in common, in the best form the processor offers.</summary>
internal static unsafe class Lanes
{
    /// <summary>Lanes of a vector.</summary>
    public const int Count = 16;

    private const float TwoTo112 = 5.192296858534828e33f;

    /// <summary>Sixteen bytes as integers 0 to 255.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> LoadBytes(byte* bytes) => WidenBytes(Vector128.Load(bytes));

    /// <summary>Sixteen bytes as integers 0 to 255.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> WidenBytes(Vector128<byte> bytes)
    {
        if (Avx512F.IsSupported)
            return Avx512F.ConvertToVector512Int32(bytes);
        if (Avx2.IsSupported)
            return Vector512.Create(Avx2.ConvertToVector256Int32(bytes), Avx2.ConvertToVector256Int32(Vector128.Shuffle(bytes.AsInt64(), Vector128.Create(1L, 1L)).AsByte()));
        (Vector128<ushort> lower, Vector128<ushort> upper) = Vector128.Widen(bytes);
        return Vector512.Create(
            Vector256.Create(Vector128.WidenLower(lower), Vector128.WidenUpper(lower)),
            Vector256.Create(Vector128.WidenLower(upper), Vector128.WidenUpper(upper))).AsInt32();
    }

    /// <summary>Sixteen signed bytes as integers −128 to 127.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> LoadSignedBytes(byte* bytes)
    {
        if (Avx512F.IsSupported)
            return Avx512F.ConvertToVector512Int32(Vector128.Load((sbyte*)bytes));
        if (Avx2.IsSupported)
            return Vector512.Create(Avx2.ConvertToVector256Int32((sbyte*)bytes), Avx2.ConvertToVector256Int32((sbyte*)bytes + 8));
        (Vector128<short> lower, Vector128<short> upper) = Vector128.Widen(Vector128.Load((sbyte*)bytes));
        return Vector512.Create(
            Vector256.Create(Vector128.WidenLower(lower), Vector128.WidenUpper(lower)),
            Vector256.Create(Vector128.WidenLower(upper), Vector128.WidenUpper(upper)));
    }

    /// <summary>Sixteen 16-bit numbers, in the lower halves of the lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> LoadShorts(byte* shorts)
    {
        if (Avx512F.IsSupported)
            return Avx512F.ConvertToVector512UInt32(Vector256.Load((ushort*)shorts));
        Vector256<ushort> halves = Vector256.Load((ushort*)shorts);
        return Vector512.Create(Vector256.WidenLower(halves), Vector256.WidenUpper(halves));
    }

    /// <summary>
    /// Sixteen F16 numbers. Exponent and fraction are moved to a float's place and the exponent's bias is corrected by a multiplication with
    /// 2^112, which also makes normal numbers of subnormal ones; infinities and NaN get their exponent back by an OR.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> WidenF16(Vector512<uint> bits)
    {
        Vector512<uint> sign = (bits & Vector512.Create(0x8000u)) << 16;
        Vector512<uint> rest = bits & Vector512.Create(0x7FFFu);
        Vector512<uint> number = ((rest << 13).AsSingle() * TwoTo112).AsUInt32();
        Vector512<uint> special = Vector512.GreaterThan(rest.AsInt32(), Vector512.Create(0x7BFF)).AsUInt32() & Vector512.Create(0x7F800000u);
        return (number | sign | special).AsSingle();
    }

    /// <summary>Stores sixteen integers × scale − offset, rounded after each step as the block formats do.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<short> quants, float scale, float offset, float* destination) =>
        ((Widen(quants) * scale) - Vector512.Create(offset)).Store(destination);

    /// <summary>Stores sixteen integers × scale.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<short> quants, float scale, float* destination) => (Widen(quants) * scale).Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Widen(Vector256<short> quants) => Vector512.ConvertToSingle(
        Avx512F.IsSupported ? Avx512F.ConvertToVector512Int32(quants) : Vector512.Create(Vector256.WidenLower(quants), Vector256.WidenUpper(quants)));

    /// <summary>Sum + a × b.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> MultiplyAdd(Vector512<float> a, Vector512<float> b, Vector512<float> sum) => Vector512.MultiplyAddEstimate(a, b, sum);

    /// <summary>The sum of each of four vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> SumEach(Vector256<float> a, Vector256<float> b, Vector256<float> c, Vector256<float> d)
    {
        if (!Avx.IsSupported)
            return Vector128.Create(Vector256.Sum(a), Vector256.Sum(b), Vector256.Sum(c), Vector256.Sum(d));
        Vector256<float> sums = Avx.HorizontalAdd(Avx.HorizontalAdd(a, b), Avx.HorizontalAdd(c, d));
        return sums.GetLower() + sums.GetUpper();
    }
}
