namespace HafsModels.Tokenizers.Patterns;

/// <summary>Lays a parsed pattern out as instructions.</summary>
internal sealed class PatternCompiler
{
    private const int MaximumInstructions = 20_000;

    private readonly List<PatternInstruction> program = [];
    private readonly string pattern;

    private PatternCompiler(string pattern) => this.pattern = pattern;

    public static PatternInstruction[] Compile(string pattern)
    {
        var compiler = new PatternCompiler(pattern);
        compiler.Lay(PatternParser.Parse(pattern));
        compiler.Add(new PatternInstruction(PatternOp.Accept));
        return [.. compiler.program];
    }

    private void Lay(PatternNode node)
    {
        switch (node)
        {
            case PatternNode.One one:
                Add(new PatternInstruction(PatternOp.RunPossessive, one.Set, 1, 1));
                break;
            case PatternNode.Chain chain:
                foreach (PatternNode part in chain.Parts)
                    Lay(part);
                break;
            case PatternNode.Choice choice:
                LayChoice(choice.Options);
                break;
            case PatternNode.Repeat repeat:
                LayRepeat(repeat);
                break;
            case PatternNode.Place place:
                Add(new PatternInstruction(place.Op));
                break;
            case PatternNode.Guard { Op: PatternOp.Behind or PatternOp.NotBehind } behind:
                Add(new PatternInstruction(behind.Op, ((PatternNode.One)((PatternNode.Chain)behind.Part).Parts[0]).Set));
                break;
            case PatternNode.Guard guard:
                int start = Add(default);
                Lay(guard.Part);
                Add(new PatternInstruction(PatternOp.Accept));
                program[start] = new PatternInstruction(guard.Op, First: start + 1, Second: program.Count);
                break;
            default:
                throw new InvalidOperationException(node.GetType().Name);
        }
    }

    private void LayChoice(IReadOnlyList<PatternNode> options)
    {
        var ends = new List<int>();
        for (int i = 0; i < options.Count; i++)
        {
            if (i == options.Count - 1)
            {
                Lay(options[i]);
                break;
            }

            int split = Add(default);
            Lay(options[i]);
            ends.Add(Add(default));
            program[split] = new PatternInstruction(PatternOp.Split, First: split + 1, Second: program.Count);
        }

        foreach (int end in ends)
            program[end] = new PatternInstruction(PatternOp.Jump, First: program.Count);
    }

    private void LayRepeat(PatternNode.Repeat repeat)
    {
        PatternNode part = repeat.Part is PatternNode.Chain { Parts: [PatternNode.One] } chain ? chain.Parts[0] : repeat.Part;
        if (part is PatternNode.One one)
        {
            Add(new PatternInstruction(repeat.Manner, one.Set, repeat.Minimum, repeat.Maximum));
            return;
        }

        int start = program.Count;
        if (repeat.Manner == PatternOp.RunPossessive)
            Add(default);
        for (int i = 0; i < repeat.Minimum; i++)
            Lay(part);
        if (repeat.Maximum == int.MaxValue)
        {
            int split = Add(default);
            Lay(part);
            Add(new PatternInstruction(PatternOp.Jump, First: split));
            program[split] = SplitTo(split + 1, program.Count, repeat.Manner);
        }
        else
        {
            var splits = new List<int>();
            for (int i = repeat.Minimum; i < repeat.Maximum; i++)
            {
                splits.Add(Add(default));
                Lay(part);
            }

            foreach (int split in splits)
                program[split] = SplitTo(split + 1, program.Count, repeat.Manner);
        }

        if (repeat.Manner == PatternOp.RunPossessive)
        {
            Add(new PatternInstruction(PatternOp.Accept));
            program[start] = new PatternInstruction(PatternOp.Atomic, First: start + 1, Second: program.Count);
        }
    }

    private static PatternInstruction SplitTo(int inside, int outside, PatternOp manner) =>
        manner == PatternOp.RunLazy ? new(PatternOp.Split, First: outside, Second: inside) : new(PatternOp.Split, First: inside, Second: outside);

    private int Add(PatternInstruction instruction)
    {
        if (program.Count == MaximumInstructions)
        {
            throw new HafsException(ErrorKind.ResourceExhausted, "PatternTooLarge",
                $"the tokenizer's pattern '{pattern[..Math.Min(pattern.Length, 200)]}' needs more than {MaximumInstructions:N0} instructions");
        }

        program.Add(instruction);
        return program.Count - 1;
    }
}
