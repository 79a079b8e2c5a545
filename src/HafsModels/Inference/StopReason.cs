namespace HafsModels.Inference;

/// <summary>Why a generation ended.</summary>
public enum StopReason
{
    /// <summary>As many tokens as were asked for.</summary>
    MaxTokens,

    /// <summary>The model chose a stop token.</summary>
    StopToken,

    /// <summary>The model's context is full.</summary>
    ContextFull,
}
