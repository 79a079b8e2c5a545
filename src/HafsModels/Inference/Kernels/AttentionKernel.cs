using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace HafsModels.Inference.Kernels;

/// <summary>The two products of attention for one head: of a query with many keys, and of their weights with the values.</summary>
internal static class AttentionKernel
{
    private const int KeysTogether = 4, Eight = 8, Sixteen = 16;

    /// <summary>Scalar products of a query with keys, times a factor.</summary>
    /// <param name="query">A head's query.</param>
    /// <param name="keys">Keys of as many elements, one after the other.</param>
    /// <param name="scale">The factor.</param>
    /// <param name="scores">Takes a number for each key.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Score(ReadOnlySpan<float> query, ReadOnlySpan<float> keys, float scale, Span<float> scores)
    {
        int width = query.Length, at = 0;
        ArgumentOutOfRangeException.ThrowIfLessThan(keys.Length, width * scores.Length);
        for (; width % Eight == 0 && at <= scores.Length - KeysTogether; at += KeysTogether)
        {
            ref float q = ref MemoryMarshal.GetReference(query), first = ref Unsafe.Add(ref MemoryMarshal.GetReference(keys), at * width);
            ref float second = ref Unsafe.Add(ref first, width), third = ref Unsafe.Add(ref second, width), fourth = ref Unsafe.Add(ref third, width);
            Vector256<float> a = default, b = default, c = default, d = default;
            for (nuint i = 0; i < (nuint)width; i += Eight)
            {
                Vector256<float> eight = Vector256.LoadUnsafe(ref q, i);
                a = Vector256.MultiplyAddEstimate(eight, Vector256.LoadUnsafe(ref first, i), a);
                b = Vector256.MultiplyAddEstimate(eight, Vector256.LoadUnsafe(ref second, i), b);
                c = Vector256.MultiplyAddEstimate(eight, Vector256.LoadUnsafe(ref third, i), c);
                d = Vector256.MultiplyAddEstimate(eight, Vector256.LoadUnsafe(ref fourth, i), d);
            }

            (Lanes.SumEach(a, b, c, d) * scale).CopyTo(scores[at..]);
        }

        for (; at < scores.Length; at++)
            scores[at] = VectorMath.Dot(query, keys.Slice(at * width, width)) * scale;
    }

    /// <summary>Adds values, each times its weight; up to 64 elements of the sum stay in registers while the values pass.</summary>
    /// <param name="weights">A number for each value.</param>
    /// <param name="values">Values of as many elements as the sum, one after the other.</param>
    /// <param name="sum">The sum.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddWeighted(ReadOnlySpan<float> weights, ReadOnlySpan<float> values, Span<float> sum)
    {
        int width = sum.Length, column = 0;
        ArgumentOutOfRangeException.ThrowIfLessThan(values.Length, width * weights.Length);
        ref float start = ref MemoryMarshal.GetReference(values), to = ref MemoryMarshal.GetReference(sum);
        for (; column <= width - (4 * Sixteen); column += 4 * Sixteen)
        {
            ref float value = ref Unsafe.Add(ref start, column), place = ref Unsafe.Add(ref to, column);
            Vector512<float> a = Vector512.LoadUnsafe(ref place), b = Vector512.LoadUnsafe(ref place, Sixteen);
            Vector512<float> c = Vector512.LoadUnsafe(ref place, 2 * Sixteen), d = Vector512.LoadUnsafe(ref place, 3 * Sixteen);
            foreach (float weight in weights)
            {
                Vector512<float> factor = Vector512.Create(weight);
                a = Lanes.MultiplyAdd(factor, Vector512.LoadUnsafe(ref value), a);
                b = Lanes.MultiplyAdd(factor, Vector512.LoadUnsafe(ref value, Sixteen), b);
                c = Lanes.MultiplyAdd(factor, Vector512.LoadUnsafe(ref value, 2 * Sixteen), c);
                d = Lanes.MultiplyAdd(factor, Vector512.LoadUnsafe(ref value, 3 * Sixteen), d);
                value = ref Unsafe.Add(ref value, width);
            }

            a.StoreUnsafe(ref place);
            b.StoreUnsafe(ref place, Sixteen);
            c.StoreUnsafe(ref place, 2 * Sixteen);
            d.StoreUnsafe(ref place, 3 * Sixteen);
        }

        for (; column <= width - Eight; column += Eight)
        {
            ref float value = ref Unsafe.Add(ref start, column), place = ref Unsafe.Add(ref to, column);
            Vector256<float> eight = Vector256.LoadUnsafe(ref place);
            foreach (float weight in weights)
            {
                eight = Vector256.MultiplyAddEstimate(Vector256.Create(weight), Vector256.LoadUnsafe(ref value), eight);
                value = ref Unsafe.Add(ref value, width);
            }

            eight.StoreUnsafe(ref place);
        }

        for (; column < width; column++)
        {
            for (int i = 0; i < weights.Length; i++)
                sum[column] += weights[i] * values[(i * width) + column];
        }
    }
}
