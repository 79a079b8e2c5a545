using HafsModels.Tensors;

namespace HafsModels.Quantization;

/// <summary>A tensor before its type is chosen.</summary>
/// <param name="Name">Name in GGUF.</param>
/// <param name="Shape">Dimensions, outermost first.</param>
/// <param name="Type">The type it keeps when nothing changes it: that of the source, F32 for vectors and norms of a checkpoint.</param>
public sealed record RecipeTensor(string Name, Shape Shape, GgmlType Type);
