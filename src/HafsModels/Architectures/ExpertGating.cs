namespace HafsModels.Architectures;

/// <summary>How a router's logits become weights of experts, numbered as in GGUF.</summary>
public enum ExpertGating
{
    /// <summary>Softmax over all experts.</summary>
    Softmax = 1,

    /// <summary>Sigmoid of each.</summary>
    Sigmoid = 2,

    /// <summary>Softmax over the chosen experts.</summary>
    SoftmaxOfChosen = 3,
}
