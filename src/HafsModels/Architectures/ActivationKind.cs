namespace HafsModels.Architectures;

/// <summary>Activation of a feed-forward layer.</summary>
public enum ActivationKind
{
    /// <summary>x·sigmoid(x).</summary>
    Silu,

    /// <summary>x·Φ(x), with the error function.</summary>
    Gelu,

    /// <summary>x·Φ(x), with tanh; what every GELU is in llama.cpp.</summary>
    GeluTanh,

    /// <summary>Of gpt-oss: x·sigmoid(1.702 x) times (up + 1), gate at most 7, up within ±7.</summary>
    ClampedSwiGlu,
}
