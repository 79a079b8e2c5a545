namespace HafsModels.Conversion.Onnx;

/// <summary>One of the types that a model is exported in, under the name Transformers.js asks for.</summary>
/// <param name="Name">Name, such as <c>q4f16</c>.</param>
/// <param name="Suffix">What the file's name ends in before <c>.onnx</c>.</param>
/// <param name="IsHalf">Whether the graph computes in half precision; caches are of the same type. Logits are always in single precision.</param>
/// <param name="Matrices">How matrices are stored.</param>
/// <param name="Description">What it is good for.</param>
public sealed record OnnxDataType(string Name, string Suffix, bool IsHalf, MatrixForm Matrices, string Description)
{
    /// <summary>Name of the model's file, by which config.json states its external data.</summary>
    public string FileName => $"model{Suffix}.onnx";
}
