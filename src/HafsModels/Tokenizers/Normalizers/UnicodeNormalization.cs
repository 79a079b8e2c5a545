using System.Globalization;
using System.Text;

namespace HafsModels.Tokenizers.Normalizers;

/// <summary>
/// Unicode normalization forms over own tables. .NET's string.Normalize leaves text as it is where no ICU is installed, and elsewhere follows
/// whatever Unicode version that ICU has; tokenizers need one fixed answer. Source: Unicode Standard Annex 15.
/// </summary>
internal sealed class UnicodeNormalization
{
    private const int HangulBase = 0xAC00, LeadBase = 0x1100, VowelBase = 0x1161, TailBase = 0x11A7;
    private const int LeadCount = 19, VowelCount = 21, TailCount = 28, HangulCount = LeadCount * VowelCount * TailCount;

    private static readonly Lazy<UnicodeNormalization> Shared = new(() => new UnicodeNormalization());

    private readonly Dictionary<int, int[]> canonical = [];
    private readonly Dictionary<int, int[]> compatible = [];
    private readonly Dictionary<int, byte> classes = [];
    private readonly Dictionary<(int, int), int> compositions = [];

    /// <summary>UTF-16 units that decomposition leaves alone and that nothing combines with, as bits.</summary>
    private readonly ulong[] inert = new ulong[1024];

    /// <summary>The same for canonical composition: precomposed characters stay, too.</summary>
    private readonly ulong[] composed = new ulong[1024];

    private UnicodeNormalization()
    {
        Read();
        Array.Fill(inert, ulong.MaxValue);
        HashSet<int> seconds = [.. compositions.Keys.Select(pair => pair.Item2)];
        foreach (int c in canonical.Keys.Concat(compatible.Keys).Concat(classes.Keys).Concat(seconds))
            Unset(inert, c);
        for (int c = LeadBase; c < LeadBase + 0x100; c++)
            Unset(inert, c);
        for (int c = 0xD800; c < 0xE000; c++)
            Unset(inert, c);
        inert.CopyTo(composed, 0);
        foreach (int c in compatible.Keys.Where(c => ClassOf(c) == 0 && !seconds.Contains(c)))
            Set(composed, c);
        foreach (int c in canonical.Keys.Where(c => ClassOf(c) == 0 && !seconds.Contains(c) && StaysWhole(c, seconds)))
            Set(composed, c);
        for (int c = HangulBase; c < HangulBase + HangulCount; c++)
            Unset(inert, c);
    }

    /// <summary>The tables. Immutable, so they are shared.</summary>
    public static UnicodeNormalization Tables => Shared.Value;

    /// <summary>Puts a text into a form.</summary>
    /// <param name="text">The text; half surrogate pairs count as U+FFFD.</param>
    /// <param name="compatibility">Whether compatibility decompositions are taken too (NFKC, NFKD).</param>
    /// <param name="compose">Whether the result is composed (NFC, NFKC).</param>
    public string Normalize(string text, bool compatibility, bool compose)
    {
        ulong[] untouched = compose && !compatibility ? composed : inert;
        int at = NextTouched(text, 0, untouched);
        if (at == text.Length)
            return text;
        var result = new StringBuilder(text.Length + 16);
        var points = new List<int>();
        int copied = 0;
        while (at < text.Length)
        {
            // What is touched may combine with the character before it, and ends where an untouched one begins.
            int start = at > copied ? at - 1 : at;
            int end = at;
            while (end < text.Length && !IsSet(untouched, text[end]))
                end++;
            result.Append(text, copied, start - copied);
            NormalizeStretch(text.AsSpan(start, end - start), compatibility, compose, points, result);
            copied = end;
            at = NextTouched(text, end, untouched);
        }

        return result.Append(text, copied, text.Length - copied).ToString();
    }

    private void NormalizeStretch(ReadOnlySpan<char> text, bool compatibility, bool compose, List<int> points, StringBuilder result)
    {
        points.Clear();
        foreach (Rune rune in text.EnumerateRunes())
            Decompose(rune.Value, compatibility, points);
        Order(points);
        if (compose)
            Compose(points);
        Span<char> units = stackalloc char[2];
        foreach (int point in points)
            result.Append(units[..new Rune(point).EncodeToUtf16(units)]);
    }

    private static int NextTouched(string text, int at, ulong[] untouched)
    {
        while (at < text.Length && IsSet(untouched, text[at]))
            at++;
        return at;
    }

    /// <summary>Whether a precomposed character comes back from decomposing and composing, and cannot combine with what stands before it.</summary>
    private bool StaysWhole(int c, HashSet<int> seconds)
    {
        var points = new List<int>();
        Decompose(c, compatibility: false, points);
        if (seconds.Contains(points[0]))
            return false;
        Order(points);
        Compose(points);
        return points is [int only] && only == c;
    }

    private static bool IsSet(ulong[] bits, int c) => (bits[c >> 6] >> (c & 63) & 1) != 0;

    private static void Set(ulong[] bits, int c)
    {
        if (c < 0x10000)
            bits[c >> 6] |= 1UL << (c & 63);
    }

    private static void Unset(ulong[] bits, int c)
    {
        if (c < 0x10000)
            bits[c >> 6] &= ~(1UL << (c & 63));
    }

    private void Decompose(int c, bool compatibility, List<int> into)
    {
        if (c < 0x80)
        {
            into.Add(c);
            return;
        }

        int hangul = c - HangulBase;
        if (hangul is >= 0 and < HangulCount)
        {
            into.Add(LeadBase + (hangul / (VowelCount * TailCount)));
            into.Add(VowelBase + (hangul % (VowelCount * TailCount) / TailCount));
            if (hangul % TailCount != 0)
                into.Add(TailBase + (hangul % TailCount));
            return;
        }

        if (canonical.TryGetValue(c, out int[]? parts) || (compatibility && compatible.TryGetValue(c, out parts)))
        {
            foreach (int part in parts)
                Decompose(part, compatibility, into);
        }
        else
        {
            into.Add(c);
        }
    }

    /// <summary>Sorts each run of combining marks by class, keeping the order of equals.</summary>
    private void Order(List<int> points)
    {
        for (int start = 0; start < points.Count; start++)
        {
            if (ClassOf(points[start]) == 0)
                continue;
            int end = start + 1;
            bool sorted = true;
            for (; end < points.Count && ClassOf(points[end]) != 0; end++)
                sorted &= ClassOf(points[end - 1]) <= ClassOf(points[end]);
            if (!sorted)
            {
                int[] run = [.. points.GetRange(start, end - start).OrderBy(ClassOf)];
                for (int i = 0; i < run.Length; i++)
                    points[start + i] = run[i];
            }

            start = end;
        }
    }

    private void Compose(List<int> points)
    {
        int starter = -1;
        int kept = 0;
        int lastClass = 0;
        for (int i = 0; i < points.Count; i++)
        {
            int c = points[i];
            int cls = ClassOf(c);
            if (starter >= 0 && (kept == starter + 1 || (lastClass < cls && lastClass != 0)) && TryCompose(points[starter], c) is { } composed)
            {
                points[starter] = composed;
                continue;
            }

            if (cls == 0)
                starter = kept;
            lastClass = cls;
            points[kept++] = c;
        }

        points.RemoveRange(kept, points.Count - kept);
    }

    private int? TryCompose(int first, int second)
    {
        int lead = first - LeadBase;
        int vowel = second - VowelBase;
        if (lead is >= 0 and < LeadCount && vowel is >= 0 and < VowelCount)
            return HangulBase + (((lead * VowelCount) + vowel) * TailCount);
        int syllable = first - HangulBase;
        int tail = second - TailBase;
        if (syllable is >= 0 and < HangulCount && syllable % TailCount == 0 && tail is > 0 and < TailCount)
            return first + tail;
        return compositions.TryGetValue((first, second), out int composed) ? composed : null;
    }

    private byte ClassOf(int c) => c < 0x300 ? (byte)0 : classes.GetValueOrDefault(c);

    private void Read()
    {
        using Stream stream = typeof(UnicodeNormalization).Assembly.GetManifestResourceStream("tokenizers/unicode-normalization.txt")!;
        using var reader = new StreamReader(stream);
        int section = -1;
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith('#'))
            {
                section++;
                continue;
            }

            string[] fields = line.Split(' ');
            int code = Hex(fields[0]);
            if (section == 3)
            {
                for (int c = code; c <= Hex(fields[1]); c++)
                    classes[c] = byte.Parse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture);
                continue;
            }

            bool excluded = fields[^1] == "!";
            int[] parts = [.. fields[1..(excluded ? ^1 : ^0)].Select(Hex)];
            (section == 1 ? canonical : compatible)[code] = parts;
            if (section == 1 && parts.Length == 2 && !excluded)
                compositions[(parts[0], parts[1])] = code;
        }

        // A decomposition that does not begin with a starter is never put together again.
        foreach ((int, int) pair in compositions.Keys.Where(pair => ClassOf(pair.Item1) != 0 || ClassOf(compositions[pair]) != 0).ToArray())
            compositions.Remove(pair);
    }

    private static int Hex(string text) => int.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
