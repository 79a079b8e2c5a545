namespace HafsModels.Quantization;

/// <summary>Where an importance matrix came from, as files made with it and their records say.</summary>
/// <param name="File">Name of its file, without folders.</param>
/// <param name="Sha256">SHA-256 of the file, lower-case hex.</param>
/// <param name="Dataset">The text it was measured on, as the file names it; null when it does not.</param>
/// <param name="ChunkCount">Chunks of that text; 0 when the file does not say.</param>
/// <param name="EntryCount">Tensors it has weights for.</param>
public sealed record ImportanceOrigin(string File, string Sha256, string? Dataset, int ChunkCount, int EntryCount);
