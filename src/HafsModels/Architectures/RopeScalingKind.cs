namespace HafsModels.Architectures;

/// <summary>How rotary frequencies are stretched. Llama 3's way is not among them: it is a divisor for each frequency, a tensor of its own.</summary>
public enum RopeScalingKind
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>All alike.</summary>
    Linear,

    /// <summary>Low frequencies only, with a ramp (YaRN).</summary>
    Yarn,

    /// <summary>By a factor for each frequency, one list for short contexts and one for long ones (LongRoPE).</summary>
    LongRope,
}
