namespace HafsModels.Formats.Peft;

/// <summary>Names of embedding and head in a checkpoint.</summary>
/// <param name="Embedding">The embedding's tensor.</param>
/// <param name="Head">The head's tensor, which a tied checkpoint lacks.</param>
/// <param name="IsTied">Whether the base model's head is its embedding.</param>
internal sealed record EmbeddingTying(string Embedding, string Head, bool IsTied);
