namespace HafsModels.Conversion.Onnx;

/// <summary>The types that models are exported in.</summary>
public static class OnnxDataTypes
{
    /// <summary>Every type, largest first.</summary>
    public static IReadOnlyList<OnnxDataType> All { get; } =
    [
        new("fp32", "", false, MatrixForm.Plain, "single precision: exact, for comparison and small models"),
        new("fp16", "_fp16", true, MatrixForm.Plain, "half precision: for graphics cards; needs shader-f16 in a browser"),
        new("q8", "_quantized", false, MatrixForm.UnsignedIntegers, "8 bits, activations as well: what Transformers.js takes on WASM unless told otherwise"),
        new("int8", "_int8", false, MatrixForm.SignedIntegers, "signed 8 bits, activations as well"),
        new("uint8", "_uint8", false, MatrixForm.UnsignedIntegers, "unsigned 8 bits, activations as well"),
        new("q4", "_q4", false, MatrixForm.Blocks, "4 bits in blocks, computed in single precision: runs everywhere"),
        new("q4f16", "_q4f16", true, MatrixForm.Blocks, "4 bits in blocks, computed in half precision: the smallest; needs shader-f16 in a browser"),
        new("bnb4", "_bnb4", false, MatrixForm.NormalFloats, "NF4 in blocks, computed in single precision: processors only"),
    ];

    /// <summary>The type of a name, in any case.</summary>
    /// <exception cref="HafsException">There is none.</exception>
    public static OnnxDataType Get(string name) => All.FirstOrDefault(t => string.Equals(t.Name, name, StringComparison.OrdinalIgnoreCase)) ?? throw new HafsException(
        ErrorKind.InvalidArgument,
        "UnknownOnnxDataType",
        $"{name} is no type of an ONNX export; there are {string.Join(", ", All.Select(t => t.Name))}",
        name,
        NearestNames.Hint(name, All.Select(t => t.Name)));
}
