using HafsModels.Tokenizers.Patterns;

namespace HafsModels.Tokenizers.PreTokenizers;

/// <summary>Cuts pieces at delimiters.</summary>
internal sealed class Splitter
{
    private readonly Action<ReadOnlySpan<char>, PieceHandler> find;
    private readonly SplitBehavior behavior;
    private readonly bool invert;

    /// <param name="find">Calls back with each delimiter (matched) and what lies between (not matched), in order.</param>
    /// <param name="behavior">What becomes of delimiters.</param>
    /// <param name="invert">Whether what lies between counts as the delimiters.</param>
    public Splitter(Action<ReadOnlySpan<char>, PieceHandler> find, SplitBehavior behavior, bool invert)
    {
        this.find = find;
        this.behavior = behavior;
        this.invert = invert;
    }

    public static Splitter At(Pattern pattern, SplitBehavior behavior, bool invert) => new(pattern.Split, behavior, invert);

    public static Splitter At(string literal, SplitBehavior behavior, bool invert) => new((text, found) => FindLiteral(text, literal, found), behavior, invert);

    public static Splitter At(CharSet set, SplitBehavior behavior, bool invert = false) => new((text, found) => FindEach(text, set, found), behavior, invert);

    public void Apply(Pieces pieces) => pieces.Cut(Cut);

    private void Cut(ReadOnlySpan<char> piece, Action<int, int> keep)
    {
        switch (behavior)
        {
            case SplitBehavior.Isolated:
                find(piece, (start, end, _) => keep(start, end));
                break;
            case SplitBehavior.Removed:
                find(piece, (start, end, matched) =>
                {
                    if (matched == invert)
                        keep(start, end);
                });
                break;
            default:
                Merge(piece, keep);
                break;
        }
    }

    /// <summary>The behaviours that put neighbours together; what waits is kept in <c>open</c>.</summary>
    private void Merge(ReadOnlySpan<char> piece, Action<int, int> keep)
    {
        (int Start, int End)? open = null;
        bool delimiterBefore = false;
        find(piece, (start, end, matched) =>
        {
            bool delimiter = matched != invert;
            bool joins = open is not null && behavior switch
            {
                SplitBehavior.Contiguous => delimiter == delimiterBefore,
                SplitBehavior.MergedWithPrevious => delimiter && !delimiterBefore,
                _ => delimiterBefore && !delimiter,
            };
            if (joins)
            {
                open = (open!.Value.Start, end);
            }
            else
            {
                if (open is { } done)
                    keep(done.Start, done.End);
                open = (start, end);
            }

            delimiterBefore = delimiter;
        });
        if (open is { } last)
            keep(last.Start, last.End);
    }

    private static void FindLiteral(ReadOnlySpan<char> text, string literal, PieceHandler found)
    {
        int last = 0;
        while (literal.Length > 0)
        {
            int at = text[last..].IndexOf(literal, StringComparison.Ordinal);
            if (at < 0)
                break;
            if (at > 0)
                found(last, last + at, false);
            found(last + at, last + at + literal.Length, true);
            last += at + literal.Length;
        }

        if (last < text.Length)
            found(last, text.Length, false);
    }

    private static void FindEach(ReadOnlySpan<char> text, CharSet set, PieceHandler found)
    {
        int last = 0;
        for (int at = 0; at < text.Length;)
        {
            int units = set.Match(text, at);
            if (units == 0)
            {
                at += PatternMatcher.UnitsAt(text, at);
                continue;
            }

            if (at > last)
                found(last, at, false);
            found(at, at + units, true);
            at += units;
            last = at;
        }

        if (last < text.Length)
            found(last, text.Length, false);
    }
}
