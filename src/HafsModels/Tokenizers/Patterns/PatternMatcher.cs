namespace HafsModels.Tokenizers.Patterns;

/// <summary>Runs a compiled pattern over one text by backtracking. Alternatives wait on an explicit stack, so deep texts cannot overflow the thread's.</summary>
internal ref struct PatternMatcher
{
    /// <summary>Tries for each unit of text before a pattern counts as runaway; real ones need about two.</summary>
    private const long TriesPerUnit = 2_000;

    private readonly PatternInstruction[] program;
    private readonly string pattern;
    private readonly ReadOnlySpan<char> text;
    private Choice[] choices = new Choice[32];
    private int depth;
    private long tries;

    public PatternMatcher(PatternInstruction[] program, string pattern, ReadOnlySpan<char> text)
    {
        this.program = program;
        this.pattern = pattern;
        this.text = text;
        tries = 1_000_000 + (TriesPerUnit * text.Length);
    }

    public static int UnitsAt(ReadOnlySpan<char> text, int at) =>
        char.IsHighSurrogate(text[at]) && at + 1 < text.Length && char.IsLowSurrogate(text[at + 1]) ? 2 : 1;

    /// <summary>End of the match that begins at a place, or -1.</summary>
    public int Match(int at) => Run(0, at);

    private int Run(int pc, int at)
    {
        int floor = depth;
        while (true)
        {
            ref readonly PatternInstruction step = ref program[pc];
            bool ok;
            switch (step.Op)
            {
                case PatternOp.Accept:
                    depth = floor;
                    return at;
                case PatternOp.RunPossessive:
                    ok = TakeRun(step, ref at, out _);
                    pc++;
                    break;
                case PatternOp.Run:
                    ok = TakeRun(step, ref at, out int least);
                    pc++;
                    if (ok && at > least)
                        Push(new Choice(pc, at, least, null));
                    break;
                case PatternOp.RunLazy:
                    ok = TakeLeast(step, ref at, out int count);
                    pc++;
                    if (ok && count < step.Maximum)
                        Push(new Choice(pc, at, step.Maximum - count, step.Set));
                    break;
                case PatternOp.Split:
                    Push(new Choice(step.Second, at, at, null));
                    pc = step.First;
                    ok = true;
                    break;
                case PatternOp.Jump:
                    pc = step.First;
                    ok = true;
                    break;
                case PatternOp.Ahead or PatternOp.NotAhead:
                    ok = Run(step.First, at) >= 0 == (step.Op == PatternOp.Ahead);
                    pc = step.Second;
                    break;
                case PatternOp.Atomic:
                    int end = Run(step.First, at);
                    ok = end >= 0;
                    at = ok ? end : at;
                    pc = step.Second;
                    break;
                default:
                    ok = IsAt(step, at);
                    pc++;
                    break;
            }

            if (ok)
                continue;
            if (!Retreat(floor, out pc, out at))
                return -1;
        }
    }

    /// <summary>Takes as many code points as allowed; <paramref name="least"/> is where the fewest allowed would end.</summary>
    private readonly bool TakeRun(in PatternInstruction step, ref int at, out int least)
    {
        CharSet set = step.Set!;
        int count = 0;
        least = step.Minimum == 0 ? at : -1;
        ulong low = set.Low;
        ulong high = set.High;
        while (count < step.Maximum && at < text.Length)
        {
            char c = text[at];
            int units = c < 64 ? (int)(low >> c & 1) : c < 128 ? (int)(high >> (c - 64) & 1) : set.Match(text, at);
            if (units == 0)
                break;
            at += units;
            if (++count == step.Minimum)
                least = at;
        }

        return least >= 0;
    }

    private readonly bool TakeLeast(in PatternInstruction step, ref int at, out int count)
    {
        for (count = 0; count < step.Minimum; count++)
        {
            int units = at < text.Length ? step.Set!.Match(text, at) : 0;
            if (units == 0)
                return false;
            at += units;
        }

        return true;
    }

    /// <summary>Goes back to the latest alternative above a floor of the stack.</summary>
    private bool Retreat(int floor, out int pc, out int at)
    {
        while (depth > floor)
        {
            if (--tries < 0)
            {
                throw new HafsException(ErrorKind.ResourceExhausted, "PatternTooSlow",
                    $"the tokenizer's pattern '{pattern}' tries more than {TriesPerUnit:N0} ways a character; it cannot be used on this text");
            }

            ref Choice choice = ref choices[depth - 1];
            (pc, at) = (choice.Pc, choice.At);
            if (choice.More is { } set)
            {
                int units = at < text.Length ? set.Match(text, at) : 0;
                if (units == 0 || choice.Limit == 0)
                {
                    depth--;
                    continue;
                }

                at += units;
                choice.At = at;
                choice.Limit--;
                return true;
            }

            if (at > choice.Limit)
            {
                // A greedy run gives back its last code point.
                at -= at - 2 >= choice.Limit && char.IsLowSurrogate(text[at - 1]) && char.IsHighSurrogate(text[at - 2]) ? 2 : 1;
                choice.At = at;
                if (at <= choice.Limit)
                    depth--;
                return true;
            }

            depth--;
            return true;
        }

        (pc, at) = (0, 0);
        return false;
    }

    private readonly bool IsAt(in PatternInstruction step, int at) => step.Op switch
    {
        PatternOp.TextStart => at == 0,
        PatternOp.TextEnd => at == text.Length,
        PatternOp.LineStart => at == 0 || text[at - 1] == '\n',
        PatternOp.LineEnd => at == text.Length || text[at] == '\n',
        PatternOp.WordEdge => IsIn(CharSet.Word, at) != IsBehind(CharSet.Word, at),
        PatternOp.NotWordEdge => IsIn(CharSet.Word, at) == IsBehind(CharSet.Word, at),
        PatternOp.Behind => IsBehind(step.Set!, at),
        PatternOp.NotBehind => !IsBehind(step.Set!, at),
        _ => throw new InvalidOperationException(step.Op.ToString()),
    };

    private readonly bool IsIn(CharSet set, int at) => at < text.Length && set.Match(text, at) > 0;

    private readonly bool IsBehind(CharSet set, int at) =>
        at > 0 && set.Match(text, at >= 2 && char.IsLowSurrogate(text[at - 1]) && char.IsHighSurrogate(text[at - 2]) ? at - 2 : at - 1) > 0;

    private void Push(Choice choice)
    {
        if (depth == choices.Length)
            Array.Resize(ref choices, 2 * depth);
        choices[depth++] = choice;
    }

    /// <summary>An alternative: where to go on, or how far a run may still shrink (to <see cref="Limit"/>) or grow (by <see cref="Limit"/> of <see cref="More"/>).</summary>
    private record struct Choice(int Pc, int At, int Limit, CharSet? More);
}
