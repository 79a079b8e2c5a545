namespace HafsModels.Conversion;

/// <summary>What a merge would write; known exactly before any weight is read.</summary>
/// <param name="BasePath">Folder of the base model.</param>
/// <param name="AdapterPath">Folder of the adapter.</param>
/// <param name="OutputPath">Full path of the folder that would be written.</param>
/// <param name="NewId">Id under which the result would be registered, or null.</param>
/// <param name="DataType">Type of the weights, such as <c>BF16</c>; several are joined by a comma.</param>
/// <param name="ShardCount">Weight files.</param>
/// <param name="OutputBytes">Size of everything that would be written.</param>
/// <param name="ParameterCount">Elements over all tensors.</param>
/// <param name="TensorCount">Tensors that would be written.</param>
/// <param name="MergedCount">Tensors that the adapter's factors change.</param>
/// <param name="ReplacedCount">Tensors that the adapter replaces or adds.</param>
/// <param name="OutputExists">Whether the folder exists and is not empty.</param>
public sealed record MergePlan(
    string BasePath,
    string AdapterPath,
    string OutputPath,
    string? NewId,
    string DataType,
    int ShardCount,
    long OutputBytes,
    long ParameterCount,
    int TensorCount,
    int MergedCount,
    int ReplacedCount,
    bool OutputExists);
