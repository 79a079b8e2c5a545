using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace HafsModels.Inference.Kernels;

/// <summary>The float arithmetic between the matrix products.</summary>
internal static class VectorMath
{
    /// <summary>Scalar product.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        ref float left = ref MemoryMarshal.GetReference(a);
        ref float right = ref MemoryMarshal.GetReference(b);
        int length = Math.Min(a.Length, b.Length);
        int i = 0;
        float sum = 0;
        if (Vector512.IsHardwareAccelerated && length >= 2 * Vector512<float>.Count)
        {
            Vector512<float> even = Vector512<float>.Zero, odd = even;
            for (; i <= length - (2 * Vector512<float>.Count); i += 2 * Vector512<float>.Count)
            {
                even = Vector512.MultiplyAddEstimate(Vector512.LoadUnsafe(ref left, (nuint)i), Vector512.LoadUnsafe(ref right, (nuint)i), even);
                odd = Vector512.MultiplyAddEstimate(Vector512.LoadUnsafe(ref left, (nuint)i + 16), Vector512.LoadUnsafe(ref right, (nuint)i + 16), odd);
            }

            sum = Vector512.Sum(even + odd);
        }
        else if (length >= 2 * Vector256<float>.Count)
        {
            Vector256<float> even = Vector256<float>.Zero, odd = even;
            for (; i <= length - (2 * Vector256<float>.Count); i += 2 * Vector256<float>.Count)
            {
                even = Vector256.MultiplyAddEstimate(Vector256.LoadUnsafe(ref left, (nuint)i), Vector256.LoadUnsafe(ref right, (nuint)i), even);
                odd = Vector256.MultiplyAddEstimate(Vector256.LoadUnsafe(ref left, (nuint)i + 8), Vector256.LoadUnsafe(ref right, (nuint)i + 8), odd);
            }

            sum = Vector256.Sum(even + odd);
        }

        for (; i < length; i++)
            sum += a[i] * b[i];
        return sum;
    }

    /// <summary><paramref name="sum"/> += <paramref name="values"/>.</summary>
    public static void Add(Span<float> sum, ReadOnlySpan<float> values)
    {
        int i = 0;
        for (; i <= sum.Length - Vector<float>.Count; i += Vector<float>.Count)
            (new Vector<float>(sum[i..]) + new Vector<float>(values[i..])).CopyTo(sum[i..]);
        for (; i < sum.Length; i++)
            sum[i] += values[i];
    }

    /// <summary>Adds a bias to each of the vectors in <paramref name="vectors"/>; an empty one adds nothing.</summary>
    public static void AddToEach(Span<float> vectors, ReadOnlySpan<float> bias)
    {
        for (int start = 0; bias.Length > 0 && start < vectors.Length; start += bias.Length)
            Add(vectors.Slice(start, bias.Length), bias);
    }

    /// <summary><paramref name="values"/> × <paramref name="factor"/>, in place.</summary>
    public static void Scale(Span<float> values, float factor)
    {
        int i = 0;
        for (; i <= values.Length - Vector<float>.Count; i += Vector<float>.Count)
            (new Vector<float>(values[i..]) * factor).CopyTo(values[i..]);
        for (; i < values.Length; i++)
            values[i] *= factor;
    }

    /// <summary>cap·tanh(value/cap), in place.</summary>
    public static void Softcap(Span<float> values, float cap)
    {
        foreach (ref float value in values)
            value = cap * MathF.Tanh(value / cap);
    }

    /// <summary><paramref name="sum"/> += <paramref name="factor"/> × <paramref name="values"/>.</summary>
    public static void AddScaled(Span<float> sum, ReadOnlySpan<float> values, float factor)
    {
        var factors = new Vector<float>(factor);
        int i = 0;
        for (; i <= sum.Length - Vector<float>.Count; i += Vector<float>.Count)
            Vector.MultiplyAddEstimate(new Vector<float>(values[i..]), factors, new Vector<float>(sum[i..])).CopyTo(sum[i..]);
        for (; i < sum.Length; i++)
            sum[i] += factor * values[i];
    }

    /// <summary>Root mean square normalization: each number over the root of the mean square, times its weight.</summary>
    public static void RmsNorm(ReadOnlySpan<float> values, ReadOnlySpan<float> weight, float epsilon, Span<float> destination)
    {
        float scale = 1f / MathF.Sqrt((Dot(values, values) / values.Length) + epsilon);
        var scales = new Vector<float>(scale);
        int i = 0;
        for (; i <= values.Length - Vector<float>.Count; i += Vector<float>.Count)
            (new Vector<float>(values[i..]) * scales * new Vector<float>(weight[i..])).CopyTo(destination[i..]);
        for (; i < values.Length; i++)
            destination[i] = values[i] * scale * weight[i];
    }

    /// <summary>Layer normalization: each number less the mean, over the standard deviation, times its weight.</summary>
    public static void LayerNorm(ReadOnlySpan<float> values, ReadOnlySpan<float> weight, float epsilon, Span<float> destination)
    {
        double sum = 0;
        foreach (float value in values)
            sum += value;
        float mean = (float)(sum / values.Length);
        for (int i = 0; i < values.Length; i++)
            destination[i] = values[i] - mean;
        RmsNorm(destination, weight, epsilon, destination);
    }

    /// <summary>Exponentials of the differences to the largest number, in place; their sum is returned, not divided by.</summary>
    public static float ExpShifted(Span<float> values)
    {
        float largest = Max(values);
        var largests = new Vector<float>(largest);
        Vector<float> sums = Vector<float>.Zero;
        int i = 0;
        for (; i <= values.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector<float> e = Vector.Exp(new Vector<float>(values[i..]) - largests);
            sums += e;
            e.CopyTo(values[i..]);
        }

        float sum = Vector.Sum(sums);
        for (; i < values.Length; i++)
        {
            values[i] = MathF.Exp(values[i] - largest);
            sum += values[i];
        }

        return sum;
    }

    /// <summary>The largest number; negative infinity of none.</summary>
    public static float Max(ReadOnlySpan<float> values)
    {
        var largest = new Vector<float>(float.NegativeInfinity);
        int i = 0;
        for (; i <= values.Length - Vector<float>.Count; i += Vector<float>.Count)
            largest = Vector.Max(largest, new Vector<float>(values[i..]));
        float result = float.NegativeInfinity;
        for (int lane = 0; lane < Vector<float>.Count; lane++)
            result = MathF.Max(result, largest[lane]);
        for (; i < values.Length; i++)
            result = MathF.Max(result, values[i]);
        return result;
    }

    /// <summary>Index of the largest number, the first of equals.</summary>
    public static int IndexOfMax(ReadOnlySpan<float> values)
    {
        int index = values.IndexOf(Max(values));
        return index < 0 ? 0 : index;
    }
}
