namespace HafsModels.Quantization.Lanes;

/// <summary>
/// Some floats side by side, one of each sub-block a kernel works on. Kernels are written once against this interface; the JIT makes one machine-code
/// version for each implementation. Every operation is the scalar IEEE 754 operation in each lane: nothing is fused, nothing reordered.
/// Comparisons give masks (all bits of a lane set or clear). Operations named ...Bits see lanes as 32-bit integers.
/// </summary>
internal unsafe interface ILanes<TSelf>
    where TSelf : struct, ILanes<TSelf>
{
    /// <summary>Number of lanes.</summary>
    static abstract int Count { get; }

    static abstract TSelf Zero { get; }
    static abstract TSelf Create(float value);
    static abstract TSelf CreateBits(int bits);
    static abstract TSelf Load(float* source);
    static abstract void Store(TSelf lanes, float* destination);

    /// <summary>Stores the lowest byte of each lane.</summary>
    static abstract void StoreBytes(TSelf lanes, byte* destination);

    static abstract TSelf operator +(TSelf left, TSelf right);
    static abstract TSelf operator -(TSelf left, TSelf right);
    static abstract TSelf operator *(TSelf left, TSelf right);
    static abstract TSelf operator /(TSelf left, TSelf right);
    static abstract TSelf operator &(TSelf left, TSelf right);
    static abstract TSelf operator |(TSelf left, TSelf right);
    static abstract TSelf operator ~(TSelf lanes);
    static abstract TSelf operator -(TSelf lanes);
    static abstract TSelf Abs(TSelf lanes);
    static abstract TSelf Sqrt(TSelf lanes);

    /// <summary>Nearest integer as a float, halves to even.</summary>
    static abstract TSelf Round(TSelf lanes);

    /// <summary>The lesser; with NaN or zeros of both signs either operand.</summary>
    static abstract TSelf Min(TSelf left, TSelf right);

    /// <summary>The greater; with NaN or zeros of both signs either operand.</summary>
    static abstract TSelf Max(TSelf left, TSelf right);

    static abstract TSelf LessThan(TSelf left, TSelf right);
    static abstract TSelf Equal(TSelf left, TSelf right);
    static abstract TSelf Select(TSelf mask, TSelf whenSet, TSelf whenClear);

    /// <summary>One bit for each lane of a mask, lane 0 lowest.</summary>
    static abstract uint MaskBits(TSelf mask);

    /// <summary>The greatest lane by integer comparison.</summary>
    static abstract float LargestBits(TSelf lanes);

    /// <summary>The least lane by integer comparison.</summary>
    static abstract float SmallestBits(TSelf lanes);

    /// <summary>In each part of four lanes, the lower two of both: l0 r0 l1 r1.</summary>
    static abstract TSelf ZipLower(TSelf left, TSelf right);

    /// <summary>In each part of four lanes, the upper two of both: l2 r2 l3 r3.</summary>
    static abstract TSelf ZipUpper(TSelf left, TSelf right);

    /// <summary>In each part of four lanes, the lower pairs: l0 l1 r0 r1.</summary>
    static abstract TSelf ZipPairsLower(TSelf left, TSelf right);

    /// <summary>In each part of four lanes, the upper pairs: l2 l3 r2 r3.</summary>
    static abstract TSelf ZipPairsUpper(TSelf left, TSelf right);

    /// <summary>Parts of four lanes, numbered from 0: the even ones of the left, then of the right. For eight lanes or more.</summary>
    static abstract TSelf EvenParts(TSelf left, TSelf right);

    /// <summary>Parts of four lanes, numbered from 0: the odd ones of the left, then of the right. For eight lanes or more.</summary>
    static abstract TSelf OddParts(TSelf left, TSelf right);

    /// <summary>Loads 16-bit integers, filled up with zeros.</summary>
    static abstract TSelf LoadWords(ushort* source);

    static abstract TSelf AddBits(TSelf left, TSelf right);
    static abstract TSelf SubtractBits(TSelf left, TSelf right);
    static abstract TSelf MinBits(TSelf left, TSelf right);
    static abstract TSelf MaxBits(TSelf left, TSelf right);
    static abstract TSelf MinUnsignedBits(TSelf left, TSelf right);
    static abstract TSelf MaxUnsignedBits(TSelf left, TSelf right);

    static abstract TSelf ShiftLeftBits(TSelf lanes, int count);

    /// <summary>Shifts right and fills with the sign.</summary>
    static abstract TSelf ShiftRightBits(TSelf lanes, int count);

    /// <summary>Shifts right and fills with zeros.</summary>
    static abstract TSelf ShiftRightUnsignedBits(TSelf lanes, int count);

    /// <summary>Entries of a table of sixteen floats.</summary>
    /// <param name="table">The table.</param>
    /// <param name="indices">Integers from 0 to 15.</param>
    static abstract TSelf Lookup(float* table, TSelf indices);

    /// <summary>Entries of a table of four floats, chosen by the lowest two bits of each lane.</summary>
    static abstract TSelf LookupFour(float* table, TSelf indices);

    /// <summary>Entries of a table of eight floats, chosen by the lowest three bits of each lane.</summary>
    static abstract TSelf LookupEight(float* table, TSelf indices);

    /// <summary>Truncates to integers as x86 does: what does not fit becomes the lowest integer.</summary>
    static abstract TSelf TruncateToBits(TSelf lanes);
}
