namespace HafsModels.Tokenizers.Patterns;

/// <summary>
/// A compiled regular expression over code points. .NET's own engine works on UTF-16 units, so that <c>\p{L}</c> misses every letter above the
/// basic plane, and gives <c>\s</c>, <c>$</c> and case another meaning than the engine tokenizers are made with.
/// </summary>
internal sealed class Pattern
{
    private readonly PatternInstruction[] program;

    /// <exception cref="HafsException">The pattern uses something that is not known here.</exception>
    public Pattern(string text)
    {
        Text = text;
        program = PatternCompiler.Compile(text);
    }

    /// <summary>The pattern as it was given.</summary>
    public string Text { get; }

    /// <summary>Calls back with each match and each stretch between matches, in order; empty ones are left out.</summary>
    /// <param name="text">All text that looks ahead and behind may see.</param>
    /// <param name="found">Receives start, end and whether it is a match.</param>
    public void Split(ReadOnlySpan<char> text, PieceHandler found)
    {
        var matcher = new PatternMatcher(program, Text, text);
        int last = 0;
        int at = 0;
        while (at <= text.Length)
        {
            int end = matcher.Match(at);
            if (end < 0)
            {
                at += at < text.Length ? PatternMatcher.UnitsAt(text, at) : 1;
                continue;
            }

            if (at > last)
                found(last, at, false);
            if (end > at)
                found(at, end, true);
            last = end;
            at = end > at ? end : at < text.Length ? at + PatternMatcher.UnitsAt(text, at) : at + 1;
        }

        if (last < text.Length)
            found(last, text.Length, false);
    }
}
