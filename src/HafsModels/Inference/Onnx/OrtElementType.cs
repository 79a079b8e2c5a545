namespace HafsModels.Inference.Onnx;

/// <summary>Types of tensors as ONNX Runtime numbers them.</summary>
internal enum OrtElementType
{
    Float = 1,
    Int64 = 7,
    Float16 = 10,
}
