using System.Runtime.CompilerServices;

namespace HafsModels.Quantization.Lanes;

/// <summary>
/// The largest elements of as many blocks of 32 as there are lanes, side by side, each block in the lane of its number: vectors of different blocks are folded
/// together until a lane holds what is left of one block.
/// </summary>
internal static unsafe class BlockFolding
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;
    private const int Elements = 32;

    /// <summary>What is largest, by integer comparison of the floats' bits: NaN comes after infinity, infinity after all finite numbers.</summary>
    internal interface IOrder
    {
        /// <summary>What is compared of an element.</summary>
        static abstract V Key<V>(V x)
            where V : struct, ILanes<V>;

        /// <summary>The larger of two keys in each lane.</summary>
        static abstract V Larger<V>(V left, V right)
            where V : struct, ILanes<V>;
    }

    /// <summary>The largest key of each block.</summary>
    /// <param name="blocks"><c>V.Count</c> blocks of 32 elements, one after the other.</param>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static V Largest<V, TOrder>(float* blocks)
        where V : struct, ILanes<V>
        where TOrder : struct, IOrder
    {
        if (V.Count == 1)
            return One<V, TOrder>(blocks);
        if (V.Count == 4)
            return Four<V, TOrder>(blocks);

        // A loop, because the JIT inlines only so much into one method.
        float* fours = stackalloc float[V.Count * V.Count / 4];
        for (int i = 0; i < V.Count / 4; i++)
            V.Store(Four<V, TOrder>(blocks + i * 4 * Elements), fours + i * V.Count);
        V first = FoldParts<V, TOrder>(V.Load(fours), V.Load(fours + V.Count));
        return V.Count == 8 ? first : FoldParts<V, TOrder>(first, FoldParts<V, TOrder>(V.Load(fours + 2 * V.Count), V.Load(fours + 3 * V.Count)));
    }

    // Lane i of every four belongs to block i.
    [MethodImpl(Inline)]
    private static V Four<V, TOrder>(float* blocks)
        where V : struct, ILanes<V>
        where TOrder : struct, IOrder
    {
        V a = One<V, TOrder>(blocks), b = One<V, TOrder>(blocks + Elements), c = One<V, TOrder>(blocks + 2 * Elements), d = One<V, TOrder>(blocks + 3 * Elements);
        V ab = TOrder.Larger(V.ZipLower(a, b), V.ZipUpper(a, b)), cd = TOrder.Larger(V.ZipLower(c, d), V.ZipUpper(c, d));
        return TOrder.Larger(V.ZipPairsLower(ab, cd), V.ZipPairsUpper(ab, cd));
    }

    [MethodImpl(Inline)]
    private static V FoldParts<V, TOrder>(V left, V right)
        where V : struct, ILanes<V>
        where TOrder : struct, IOrder
        => TOrder.Larger(V.EvenParts(left, right), V.OddParts(left, right));

    [MethodImpl(Inline)]
    private static V One<V, TOrder>(float* block)
        where V : struct, ILanes<V>
        where TOrder : struct, IOrder
    {
        V largest = TOrder.Key(V.Load(block));
        for (int i = V.Count; i < Elements; i += V.Count)
            largest = TOrder.Larger(largest, TOrder.Key(V.Load(block + i)));
        return largest;
    }

    /// <summary>The largest magnitude.</summary>
    internal readonly struct ByMagnitude : IOrder
    {
        [MethodImpl(Inline)]
        public static V Key<V>(V x)
            where V : struct, ILanes<V>
            => V.Abs(x);

        [MethodImpl(Inline)]
        public static V Larger<V>(V left, V right)
            where V : struct, ILanes<V>
            => V.MaxBits(left, right);
    }

    /// <summary>The largest element that is not negative; where all are, the one farthest below zero.</summary>
    internal readonly struct AboveZero : IOrder
    {
        [MethodImpl(Inline)]
        public static V Key<V>(V x)
            where V : struct, ILanes<V>
            => x;

        [MethodImpl(Inline)]
        public static V Larger<V>(V left, V right)
            where V : struct, ILanes<V>
            => V.MaxBits(left, right);
    }

    /// <summary>The element farthest below zero; where none is negative, the largest.</summary>
    internal readonly struct BelowZero : IOrder
    {
        [MethodImpl(Inline)]
        public static V Key<V>(V x)
            where V : struct, ILanes<V>
            => x;

        [MethodImpl(Inline)]
        public static V Larger<V>(V left, V right)
            where V : struct, ILanes<V>
            => V.MaxUnsignedBits(left, right);
    }
}
