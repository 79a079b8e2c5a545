using System.Globalization;
using System.Text;

namespace HafsModels.Tokenizers.Patterns;

/// <summary>A set of code points. The basic plane is a bitmap, so a test is one shift; higher planes are asked by a rule.</summary>
internal sealed class CharSet
{
    private readonly ulong[] plane;
    private readonly Func<int, bool> above;

    private CharSet(ulong[] plane, Func<int, bool> above)
    {
        this.plane = plane;
        this.above = above;
    }

    private CharSet(Func<int, bool> rule)
        : this(new ulong[1024], rule)
    {
        for (int c = 0; c < 0x10000; c++)
        {
            if (rule(c))
                plane[c >> 6] |= 1UL << (c & 63);
        }
    }

    /// <summary>Unicode White_Space.</summary>
    public static CharSet Space { get; } = new(c => c < 0x10000 && char.IsWhiteSpace((char)c));

    /// <summary>Decimal digits.</summary>
    public static CharSet Digit { get; } = new(c => CharUnicodeInfo.GetUnicodeCategory(c) == UnicodeCategory.DecimalDigitNumber);

    /// <summary>Letters, marks, letter numbers, decimal digits, connectors, and the circled and squared letters that count as alphabetic.</summary>
    public static CharSet Word { get; } = new(IsWord);

    /// <summary>Everything but a line feed.</summary>
    public static CharSet Dot { get; } = new(c => c != '\n');

    /// <summary>The first 64 code points, as bits.</summary>
    public ulong Low => plane[0];

    /// <summary>Code points 64 to 127, as bits.</summary>
    public ulong High => plane[1];

    public static CharSet Of(int codePoint) => Range(codePoint, codePoint);

    public static CharSet Range(int first, int last)
    {
        var plane = new ulong[1024];
        for (int c = first; c <= Math.Min(last, 0xFFFF); c++)
            plane[c >> 6] |= 1UL << (c & 63);
        return new CharSet(plane, c => c >= first && c <= last);
    }

    public static CharSet Union(IReadOnlyList<CharSet> sets)
    {
        if (sets.Count == 1)
            return sets[0];
        var plane = new ulong[1024];
        foreach (CharSet set in sets)
        {
            for (int i = 0; i < plane.Length; i++)
                plane[i] |= set.plane[i];
        }

        return new CharSet(plane, c => sets.Any(set => set.above(c)));
    }

    public CharSet Except() => new(Array.ConvertAll(plane, bits => ~bits), c => !above(c));

    /// <summary>The set with the other cases of its members, by simple case folding.</summary>
    public CharSet IgnoringCase()
    {
        var folded = (ulong[])plane.Clone();
        for (int c = 0; c < 0x10000; c++)
        {
            if ((plane[c >> 6] >> (c & 63) & 1) == 0)
                continue;
            foreach (int variant in CaseVariants(c).Where(variant => variant < 0x10000))
                folded[variant >> 6] |= 1UL << (variant & 63);
        }

        return new CharSet(folded, c => above(c) || CaseVariants(c).Any(variant => variant > 0xFFFF && above(variant)));
    }

    /// <summary>A general category (<c>L</c>, <c>Lu</c>, <c>Nd</c>), or null when there is no such one.</summary>
    public static CharSet? Category(string name)
    {
        uint mask = Categories.Mask(name);
        return mask == 0 ? null : new CharSet(c => (mask >> (int)CharUnicodeInfo.GetUnicodeCategory(c) & 1) != 0);
    }

    public bool Contains(int codePoint) => codePoint < 0x10000 ? (plane[codePoint >> 6] >> (codePoint & 63) & 1) != 0 : above(codePoint);

    /// <summary>Units of the code point at a place when it is in the set; 0 when it is not.</summary>
    public int Match(ReadOnlySpan<char> text, int at)
    {
        char c = text[at];
        if (!char.IsSurrogate(c))
            return (plane[c >> 6] >> (c & 63) & 1) != 0 ? 1 : 0;
        return Rune.DecodeFromUtf16(text[at..], out Rune rune, out int units) == System.Buffers.OperationStatus.Done
            ? Contains(rune.Value) ? units : 0
            : Contains(0xFFFD) ? 1 : 0;
    }

    /// <summary>Long s and the Kelvin sign fold to ASCII letters; the rest is one upper and one lower case.</summary>
    private static IEnumerable<int> CaseVariants(int c)
    {
        if (!Rune.IsValid(c))
            return [];
        var rune = new Rune(c);
        int lower = Rune.ToLowerInvariant(rune).Value;
        int upper = Rune.ToUpperInvariant(rune).Value;
        return c switch
        {
            0x17F => ['s', 'S'],
            0x212A => ['k', 'K'],
            's' or 'S' => [lower, upper, 0x17F],
            'k' or 'K' => [lower, upper, 0x212A],
            _ => [lower, upper],
        };
    }

    private static bool IsWord(int c)
    {
        UnicodeCategory category = CharUnicodeInfo.GetUnicodeCategory(c);
        return category <= UnicodeCategory.LetterNumber || category == UnicodeCategory.ConnectorPunctuation
            || c is (>= 0x24B6 and <= 0x24E9) or (>= 0x1F130 and <= 0x1F149) or (>= 0x1F150 and <= 0x1F169) or (>= 0x1F170 and <= 0x1F189);
    }
}
