using System.Buffers;

namespace HafsModels.Tokenizers.Templates;

/// <summary>Cuts texts as Python's split, rsplit and splitlines do.</summary>
internal static class TemplateSplits
{
    /// <summary>What Python takes for white space.</summary>
    public static readonly SearchValues<char> Spaces = SearchValues.Create([.. Enumerable.Range(0, char.MaxValue + 1).Select(c => (char)c).Where(IsSpace)]);

    private static readonly SearchValues<char> LineEnds = SearchValues.Create("\n\r\v\f\u001c\u001d\u001e\u0085\u2028\u2029");

    public static bool IsSpace(char c) => char.IsWhiteSpace(c) || c is >= '\u001c' and <= '\u001f';

    /// <summary>Splits at a separator, with so many cuts at most.</summary>
    public static List<object?> At(string text, string separator, long limit, bool fromEnd, TemplateWork work)
    {
        var parts = new List<object?>();
        int low = 0;
        int high = text.Length;
        while (parts.Count < limit)
        {
            int at = fromEnd ? text.AsSpan(0, high).LastIndexOf(separator) : text.IndexOf(separator, low, StringComparison.Ordinal);
            if (at < 0)
                break;
            work.Spend(1);
            parts.Add(fromEnd ? text[(at + separator.Length)..high] : text[low..at]);
            (low, high) = fromEnd ? (low, at) : (at + separator.Length, high);
        }

        parts.Add(text[low..high]);
        if (fromEnd)
            parts.Reverse();
        return parts;
    }

    /// <summary>Splits at runs of white space; what is left after the most cuts keeps its own, but not at the side of the cut.</summary>
    public static List<object?> AtSpaces(string text, long limit, bool fromEnd, TemplateWork work)
    {
        var parts = new List<object?>();
        int low = 0;
        int high = text.Length;
        while (true)
        {
            while (low < high && IsSpace(text[fromEnd ? high - 1 : low]))
                (low, high) = fromEnd ? (low, high - 1) : (low + 1, high);
            if (low == high)
                break;
            work.Spend(1);
            (int from, int to) = (low, high);
            if (parts.Count < limit && fromEnd)
                from = text.AsSpan(low, high - low).LastIndexOfAny(Spaces) is >= 0 and var space ? low + space + 1 : low;
            else if (parts.Count < limit)
                to = text.AsSpan(low, high - low).IndexOfAny(Spaces) is >= 0 and var space ? low + space : high;
            parts.Add(text[from..to]);
            (low, high) = fromEnd ? (low, from) : (to, high);
        }

        if (fromEnd)
            parts.Reverse();
        return parts;
    }

    /// <summary>Splits at every line end that Unicode knows.</summary>
    public static IEnumerable<string> AtLines(string text, bool keepEnds, TemplateWork work)
    {
        for (int from = 0; from < text.Length;)
        {
            work.Spend(1);
            int at = text.AsSpan(from).IndexOfAny(LineEnds) is >= 0 and var offset ? from + offset : text.Length;
            int next = at == text.Length ? at : at + (text.AsSpan(at).StartsWith("\r\n") ? 2 : 1);
            yield return text[from..(keepEnds ? next : at)];
            from = next;
        }
    }
}
