using System.Numerics;
using System.Runtime.InteropServices;

namespace HafsModels.Tensors;

/// <summary>Finds NaN and infinity.</summary>
internal static class FiniteCheck
{
    private const uint ExponentMask = 0x7f80_0000;

    /// <summary>Index of the first number that is NaN or infinite: all bits of its exponent are set; -1 when there is none.</summary>
    public static int IndexOfNonFinite(ReadOnlySpan<float> numbers)
    {
        ReadOnlySpan<uint> bits = MemoryMarshal.Cast<float, uint>(numbers);
        var mask = new Vector<uint>(ExponentMask);
        int i = 0;
        for (; i <= bits.Length - Vector<uint>.Count; i += Vector<uint>.Count)
        {
            if (Vector.EqualsAny(new Vector<uint>(bits[i..]) & mask, mask))
                break;
        }

        for (; i < bits.Length; i++)
        {
            if ((bits[i] & ExponentMask) == ExponentMask)
                return i;
        }

        return -1;
    }
}
