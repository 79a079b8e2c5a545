using HafsModels.Tensors;

namespace HafsModels.Measurement;

/// <summary>How one tensor is encoded to see what that does to the answers.</summary>
/// <param name="Name">Name in GGUF.</param>
/// <param name="Type">The type it is stored in for the trial.</param>
/// <param name="RelativeSquares">The relative squared error that this makes.</param>
internal readonly record struct SensitivityTrial(string Name, GgmlType Type, double RelativeSquares);
