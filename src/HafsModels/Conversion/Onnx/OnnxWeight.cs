using HafsModels.Formats.Onnx;
using HafsModels.Tensors;

namespace HafsModels.Conversion.Onnx;

/// <summary>One weight of a graph: numbers of the model, stored as one initializer or several.</summary>
/// <param name="Name">Its name, for progress.</param>
/// <param name="Rows">Its numbers.</param>
/// <param name="Parts">The initializers; their places are entered when they are known.</param>
/// <param name="Layout">Makes the layout from the first byte of each part; null when the rows lie one after the other in <paramref name="Type"/>.</param>
/// <param name="Type">How the rows are stored when there is no layout.</param>
internal sealed record OnnxWeight(string Name, TensorRows Rows, IReadOnlyList<TensorProto> Parts, Func<IReadOnlyList<long>, RowLayout>? Layout = null, GgmlType Type = GgmlType.F32)
{
    private static readonly Dictionary<int, int> ElementBytes = new()
    {
        [(int)TensorProto.Types.DataType.Float] = 4,
        [(int)TensorProto.Types.DataType.Float16] = 2,
        [(int)TensorProto.Types.DataType.Uint8] = 1,
        [(int)TensorProto.Types.DataType.Int8] = 1,
    };

    /// <summary>Bytes of a part.</summary>
    public static long BytesOf(TensorProto part) => part.Dims.Aggregate((long)ElementBytes[part.DataType], (product, size) => checked(product * size));
}
