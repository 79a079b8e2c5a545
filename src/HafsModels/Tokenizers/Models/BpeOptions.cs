namespace HafsModels.Tokenizers.Models;

/// <summary>The settings of a BPE model.</summary>
internal sealed record BpeOptions
{
    /// <summary>Token for characters that are not in the vocabulary, or null: they are dropped.</summary>
    public int? Unknown { get; init; }

    /// <summary>Whether neighbouring unknown characters are one token.</summary>
    public bool FusesUnknown { get; init; }

    /// <summary>Whether unknown characters are spelled by the tokens of their bytes (<c>&lt;0xNN&gt;</c>).</summary>
    public bool FallsBackToBytes { get; init; }

    /// <summary>Whether a whole piece that is a token is taken without merging.</summary>
    public bool IgnoresMerges { get; init; }

    /// <summary>Whether pieces are raw text whose bytes are looked up by their stand-ins.</summary>
    public bool MapsBytes { get; init; }

    /// <summary>Put before every character but the first of a piece when it is looked up.</summary>
    public string ContinuingPrefix { get; init; } = "";

    /// <summary>Put after the last character of a piece when it is looked up.</summary>
    public string EndOfWordSuffix { get; init; } = "";
}
