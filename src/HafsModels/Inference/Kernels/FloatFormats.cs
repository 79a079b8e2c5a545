using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using HafsModels.Tensors;

namespace HafsModels.Inference.Kernels;

/// <summary>How a floating-point number is stored and widened.</summary>
internal interface IFloatFormat
{
    /// <summary>Bytes of a number.</summary>
    static abstract int Size { get; }

    /// <summary>Widens sixteen numbers.</summary>
    static abstract unsafe Vector512<float> Load(byte* numbers);

    /// <summary>Widens one number.</summary>
    static abstract unsafe float LoadOne(byte* number);
}

/// <summary>F32: the number itself.</summary>
internal readonly unsafe struct F32Format : IFloatFormat
{
    /// <inheritdoc/>
    public static int Size => 4;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(byte* numbers) => Vector512.Load((float*)numbers);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float LoadOne(byte* number) => *(float*)number;
}

/// <summary>F16: IEEE 754 binary16.</summary>
internal readonly unsafe struct F16Format : IFloatFormat
{
    /// <inheritdoc/>
    public static int Size => 2;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(byte* numbers) => Lanes.WidenF16(Lanes.LoadShorts(numbers));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float LoadOne(byte* number) => HalfFloats.WidenF16(*(ushort*)number);
}

/// <summary>BF16: the upper half of a float.</summary>
internal readonly unsafe struct BF16Format : IFloatFormat
{
    /// <inheritdoc/>
    public static int Size => 2;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(byte* numbers) => (Lanes.LoadShorts(numbers) << 16).AsSingle();

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float LoadOne(byte* number) => HalfFloats.WidenBF16(*(ushort*)number);
}
