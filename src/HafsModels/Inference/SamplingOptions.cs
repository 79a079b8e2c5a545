namespace HafsModels.Inference;

/// <summary>How the next token is chosen from the logits. The defaults choose greedily: the most probable token, always.</summary>
public sealed record SamplingOptions
{
    /// <summary>Divides the logits; 0 chooses greedily.</summary>
    public float Temperature { get; init; }

    /// <summary>Keeps this many of the most probable tokens; 0 keeps all.</summary>
    public int TopK { get; init; } = 40;

    /// <summary>Keeps the most probable tokens that together have this probability, 0 to 1; 1 keeps all.</summary>
    public float TopP { get; init; } = 0.95f;

    /// <summary>Keeps tokens at least this probable relative to the most probable one, 0 to 1; 0 keeps all.</summary>
    public float MinP { get; init; } = 0.05f;

    /// <summary>Divides positive and multiplies negative logits of tokens seen lately; 1 leaves them.</summary>
    public float RepeatPenalty { get; init; } = 1f;

    /// <summary>How many of the last tokens <see cref="RepeatPenalty"/> applies to.</summary>
    public int RepeatWindow { get; init; } = 64;

    /// <summary>Start of the random numbers: the same seed, model and prompt give the same tokens.</summary>
    public ulong Seed { get; init; }

    /// <exception cref="HafsException">A value is out of range.</exception>
    internal void Check()
    {
        Rule(float.IsFinite(Temperature) && Temperature >= 0, nameof(Temperature), Temperature, "zero or more");
        Rule(TopK >= 0, nameof(TopK), TopK, "zero or more");
        Rule(TopP is > 0 and <= 1, nameof(TopP), TopP, "above 0 and at most 1");
        Rule(MinP is >= 0 and <= 1, nameof(MinP), MinP, "0 to 1");
        Rule(float.IsFinite(RepeatPenalty) && RepeatPenalty > 0, nameof(RepeatPenalty), RepeatPenalty, "above 0");
        Rule(RepeatWindow >= 0, nameof(RepeatWindow), RepeatWindow, "zero or more");

        static void Rule(bool holds, string name, float value, string allowed)
        {
            if (!holds)
                throw new HafsException(ErrorKind.InvalidArgument, "BadSamplingOption", FormattableString.Invariant($"{name} is {value}; it must be {allowed}"), name);
        }
    }
}
