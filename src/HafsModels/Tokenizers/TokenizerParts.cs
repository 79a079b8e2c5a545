using HafsModels.Tokenizers.Decoders;
using HafsModels.Tokenizers.Models;
using HafsModels.Tokenizers.PreTokenizers;

namespace HafsModels.Tokenizers;

/// <summary>What a tokenizer is put together from, in the order in which text goes through.</summary>
internal sealed record TokenizerParts
{
    /// <summary>Added tokens that are looked for in raw text.</summary>
    public required AddedTokenMatcher RawTokens { get; init; }

    /// <summary>Rewrites text before it is split.</summary>
    public required Func<string, string> Normalize { get; init; }

    /// <summary>Added tokens that are looked for in normalized text.</summary>
    public required AddedTokenMatcher NormalizedTokens { get; init; }

    /// <summary>Cuts text into pieces.</summary>
    public required PreTokenizer PreTokenizer { get; init; }

    /// <summary>Finds the tokens of a piece.</summary>
    public required ITokenModel Model { get; init; }

    /// <summary>Tokens put around a text.</summary>
    public required PostProcessing Around { get; init; }

    /// <summary>How tokens become text.</summary>
    public required TokenText Text { get; init; }

    /// <summary>Spelling of every token.</summary>
    public required IReadOnlyList<string> Tokens { get; init; }

    /// <summary>Ids of special tokens.</summary>
    public required IReadOnlySet<int> Special { get; init; }
}
