using HafsModels.Tensors;

namespace HafsModels.Measurement;

/// <summary>One way to store one tensor.</summary>
/// <param name="Type">How.</param>
/// <param name="Bytes">Bytes it takes in the file, padding included.</param>
/// <param name="Cost">What it is expected to cost the answers; only comparisons matter.</param>
internal readonly record struct TypeCandidate(GgmlType Type, long Bytes, double Cost);
