namespace HafsModels.Inference.Onnx;

/// <summary>Types of tensors as ONNX Runtime numbers them.</summary>
internal enum OrtElementType
{
    Undefined = 0,
    Float = 1,
    Int64 = 7,
    Float16 = 10,
}
