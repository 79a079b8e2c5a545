using HafsModels.Exports.Verification;

namespace HafsModels.Exports;

/// <summary>GGUF files alone, one a quantization, for llama.cpp and what is built on it.</summary>
internal sealed class GgufFormat : ExportFormat
{
    /// <inheritdoc/>
    public override string Name => "Gguf";

    /// <inheritdoc/>
    public override string About => "one GGUF file for each quantization, filled in one pass over the source";

    /// <inheritdoc/>
    public override IReadOnlyList<RequiredFile> Required { get; } = [new("*.gguf", HoldsWeights: true)];

    /// <inheritdoc/>
    internal override string WeightFormat => "gguf";

    /// <inheritdoc/>
    internal override IReadOnlyList<ExportRule> Rules { get; } = [.. WeightRules.All];

    /// <inheritdoc/>
    internal override IReadOnlyList<ExportFile> Files(ExportSource source, ExportRequest request, List<string> warnings) =>
        [.. source.Quantizations().Select(q => source.Gguf(source.GgufName(q), q))];
}
