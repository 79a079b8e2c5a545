namespace HafsModels.Conversion;

/// <summary>What a conversion would write; known exactly before any weight is read.</summary>
/// <param name="Source">Folder or file that is read.</param>
/// <param name="OutputPath">Full path of the file that would be written; of several, the first.</param>
/// <param name="Quantization">Canonical name of the recipe.</param>
/// <param name="Family">Name of the model family.</param>
/// <param name="SourceBytes">Bytes of weights that would be read.</param>
/// <param name="OutputBytes">Exact size of the output in bytes, all files together.</param>
/// <param name="ParameterCount">Elements over all tensors.</param>
/// <param name="TensorCount">Tensors that would be written.</param>
/// <param name="BitsPerWeight">Tensor bytes times eight over <paramref name="ParameterCount"/>.</param>
/// <param name="OutputExists">Whether the output exists already.</param>
public sealed record ConversionPlan(
    string Source,
    string OutputPath,
    string Quantization,
    string Family,
    long SourceBytes,
    long OutputBytes,
    long ParameterCount,
    int TensorCount,
    double BitsPerWeight,
    bool OutputExists)
{
    /// <summary>Full paths of all files that would be written.</summary>
    public IReadOnlyList<string> OutputPaths { get; init; } = [OutputPath];

    /// <summary>What the user should know before it is done.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}
