namespace HafsModels.Conversion.Onnx;

/// <summary>How an export stores the matrices of a model, and which operator multiplies with them.</summary>
public enum MatrixForm
{
    /// <summary>Numbers in the type of the graph (MatMul).</summary>
    Plain,

    /// <summary>4 bits in blocks with a scale each (MatMulNBits).</summary>
    Blocks,

    /// <summary>Signed 8 bits with a scale for each output (MatMulInteger).</summary>
    SignedIntegers,

    /// <summary>Unsigned 8 bits with a scale and a zero point for each output (MatMulInteger).</summary>
    UnsignedIntegers,

    /// <summary>NF4 in blocks with a magnitude each (MatMulBnb4).</summary>
    NormalFloats,
}
