namespace HafsModels.Tokenizers.PreTokenizers;

/// <summary>What becomes of a delimiter when text is split at it.</summary>
internal enum SplitBehavior
{
    /// <summary>It is dropped.</summary>
    Removed,

    /// <summary>It is a piece of its own.</summary>
    Isolated,

    /// <summary>It ends the piece before it.</summary>
    MergedWithPrevious,

    /// <summary>It begins the piece after it.</summary>
    MergedWithNext,

    /// <summary>Neighbouring delimiters are one piece.</summary>
    Contiguous,
}
