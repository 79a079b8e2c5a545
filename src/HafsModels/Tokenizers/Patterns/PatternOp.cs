namespace HafsModels.Tokenizers.Patterns;

/// <summary>What an instruction of a compiled pattern does.</summary>
internal enum PatternOp
{
    /// <summary>Takes code points of a set, <see cref="PatternInstruction.Minimum"/> to <see cref="PatternInstruction.Maximum"/> of them, as many as possible.</summary>
    Run,

    /// <summary>As <see cref="Run"/>, as few as possible.</summary>
    RunLazy,

    /// <summary>As <see cref="Run"/>, and gives none back.</summary>
    RunPossessive,

    /// <summary>Goes on at the first target; at the second if that fails.</summary>
    Split,

    /// <summary>Goes on at the first target.</summary>
    Jump,

    /// <summary>Goes on if what begins at the first target matches here, taking nothing; ends at the second target.</summary>
    Ahead,

    /// <summary>As <see cref="Ahead"/>, if it does not match.</summary>
    NotAhead,

    /// <summary>Takes what begins at the first target and forgets its alternatives.</summary>
    Atomic,

    /// <summary>The code point before is in the set.</summary>
    Behind,

    /// <summary>There is no code point of the set before.</summary>
    NotBehind,

    /// <summary>At the start of the text or after a line feed.</summary>
    LineStart,

    /// <summary>At the end of the text or before a line feed.</summary>
    LineEnd,

    /// <summary>At the start of the text.</summary>
    TextStart,

    /// <summary>At the end of the text.</summary>
    TextEnd,

    /// <summary>Between a word character and another one.</summary>
    WordEdge,

    /// <summary>Not between a word character and another one.</summary>
    NotWordEdge,

    /// <summary>The pattern matched.</summary>
    Accept,
}
