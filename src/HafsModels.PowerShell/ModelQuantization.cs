namespace HafsModels.PowerShell;

/// <summary>A quantization as <c>Get-ModelQuantization</c> returns it.</summary>
/// <param name="Name">Name, such as <c>Q4_K_M</c>.</param>
/// <param name="NominalBitsPerWeight">Bits per weight of the type most tensors get.</param>
/// <param name="BitsPerWeight">Bits per weight over all tensors: of the model, or of a llama of 8 billion parameters.</param>
/// <param name="Quality">Rough expected quality, 50 to 100.</param>
/// <param name="SizeRatio">Size as a share of 16 bits per weight.</param>
/// <param name="SizeBytes">Exact size of the file in bytes; null without a model, or where an importance matrix is needed.</param>
/// <param name="ModelId">The model, or null.</param>
/// <param name="NeedsImportance">Whether it cannot be made without an importance matrix.</param>
/// <param name="Aliases">Other names.</param>
public sealed record ModelQuantization(
    string Name,
    double NominalBitsPerWeight,
    double BitsPerWeight,
    int Quality,
    double SizeRatio,
    long? SizeBytes,
    string? ModelId,
    bool NeedsImportance,
    IReadOnlyList<string> Aliases);
