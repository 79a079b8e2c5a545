using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Google.Protobuf;
using HafsModels.Formats.Onnx;
using HafsModels.Tensors;
using static HafsModels.Formats.Onnx.AttributeProto.Types;
using DataType = HafsModels.Formats.Onnx.TensorProto.Types.DataType;

namespace HafsModels.Conversion.Onnx;

/// <summary>A graph that is being put together. Small constants lie in it; weights are listed, to be filled in later.</summary>
/// <param name="isHalf">Whether it computes in half precision.</param>
/// <param name="range">Notes weights that half precision does not hold.</param>
internal sealed class OnnxGraph(bool isHalf, HalfRange range)
{
    private const string Microsoft = "com.microsoft";
    private const long IrVersion = 10, OperatorSet = 21;

    private readonly GraphProto graph = new() { Name = "decoder" };
    private readonly List<OnnxWeight> weights = [];
    private readonly HashSet<string> constants = new(StringComparer.Ordinal), converted = new(StringComparer.Ordinal);

    /// <summary>Type of the numbers it computes with.</summary>
    public DataType Number { get; } = isHalf ? DataType.Float16 : DataType.Float;

    /// <summary>Whether it computes in half precision.</summary>
    public bool IsHalf => isHalf;

    /// <summary>The weights, in the order they are used.</summary>
    public IReadOnlyList<OnnxWeight> Weights => weights;

    /// <summary>Declares an input; a dimension is a number or a name.</summary>
    public string Input(string name, DataType type, params ReadOnlySpan<object> shape)
    {
        graph.Input.Add(Value(name, type, shape));
        return name;
    }

    /// <summary>Declares an output.</summary>
    public void Output(string name, DataType type, params ReadOnlySpan<object> shape) => graph.Output.Add(Value(name, type, shape));

    /// <summary>Adds an operator of ONNX with one output, which has the node's name.</summary>
    public string Node(string type, string name, string[] inputs, params ReadOnlySpan<AttributeProto> attributes) => Add(graph, "", type, name, inputs, [name], attributes);

    /// <summary>Adds an operator of ONNX Runtime with one output, which has the node's name.</summary>
    public string Contributed(string type, string name, string[] inputs, params ReadOnlySpan<AttributeProto> attributes) => Add(graph, Microsoft, type, name, inputs, [name], attributes);

    /// <summary>Adds an operator of ONNX with named outputs.</summary>
    public void NodeTo(string[] outputs, string type, string name, string[] inputs, params ReadOnlySpan<AttributeProto> attributes) => Add(graph, "", type, name, inputs, outputs, attributes);

    /// <summary>Adds an operator of ONNX Runtime with named outputs.</summary>
    public void ContributedTo(string[] outputs, string type, string name, string[] inputs, params ReadOnlySpan<AttributeProto> attributes) => Add(graph, Microsoft, type, name, inputs, outputs, attributes);

    /// <summary>A tensor in another type; itself when that is the type it has.</summary>
    public string Cast(string tensor, DataType from, DataType to)
    {
        string name = $"{tensor}.{to.ToString().ToLowerInvariant()}";
        return from == to ? tensor : converted.Add(name) ? Node("Cast", name, [tensor], Attribute("to", (long)to)) : name;
    }

    /// <summary>Chooses between tensors of the graph by a condition.</summary>
    public void Choose(string[] outputs, string name, string condition, string[] whenTrue, string[] whenFalse) =>
        Add(graph, "", "If", name, [condition], outputs, [Branch("then_branch", name + ".then", whenTrue), Branch("else_branch", name + ".else", whenFalse)]);

    /// <summary>A whole-number attribute.</summary>
    public static AttributeProto Attribute(string name, long value) => new() { Name = name, I = value, Type = AttributeType.Int };

    /// <summary>An attribute that is a number.</summary>
    public static AttributeProto Attribute(string name, float value) => new() { Name = name, F = value, Type = AttributeType.Float };

    /// <summary>Whole numbers as a tensor of one dimension.</summary>
    public string Integers(params ReadOnlySpan<long> values) => Constant($"i64.{string.Join('_', values.ToArray())}", DataType.Int64, [values.Length], MemoryMarshal.AsBytes(values));

    /// <summary>A whole number without a dimension.</summary>
    public string Integer(long value) => Constant($"i64.scalar.{value}", DataType.Int64, [], MemoryMarshal.AsBytes(new ReadOnlySpan<long>(in value)));

    /// <summary>A 32-bit whole number without a dimension.</summary>
    public string Integer32(int value) => Constant($"i32.scalar.{value}", DataType.Int32, [], MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in value)));

    /// <summary>A number without a dimension, in half or single precision.</summary>
    public string Scalar(float value, DataType type) => type == DataType.Float16 ? Half((Half)value) : Constant($"f32.{BitConverter.SingleToUInt32Bits(value):x8}", DataType.Float, [], MemoryMarshal.AsBytes(new ReadOnlySpan<float>(in value)));

    /// <summary>Adds a tensor whose rows lie one after the other in the graph's type.</summary>
    public string Weight(string name, TensorRows rows) => Weight(name, rows, Number);

    /// <summary>Adds a tensor whose rows lie one after the other in half or single precision.</summary>
    public string Weight(string name, TensorRows rows, DataType type)
    {
        bool isStoredHalf = type == DataType.Float16;
        weights.Add(new OnnxWeight(name, isStoredHalf ? Watched(name, rows) : rows, [Initializer(name, type, [.. rows.Shape])], null, isStoredHalf ? GgmlType.F16 : GgmlType.F32));
        return name;
    }

    /// <summary>Adds a weight of one or several initializers, which <see cref="Initializer"/> made.</summary>
    public void Weight(string name, TensorRows rows, IReadOnlyList<TensorProto> parts, Func<IReadOnlyList<long>, RowLayout> layout) => weights.Add(new OnnxWeight(name, Watched(name, rows), parts, layout));

    /// <summary>Declares an initializer that is filled in later.</summary>
    public TensorProto Initializer(string name, DataType type, params ReadOnlySpan<long> dimensions)
    {
        var tensor = new TensorProto { Name = name, DataType = (int)type, DataLocation = TensorProto.Types.DataLocation.External };
        tensor.Dims.AddRange(dimensions.ToArray());
        graph.Initializer.Add(tensor);
        return tensor;
    }

    /// <summary>The whole model, once the places of all weights are entered.</summary>
    public ModelProto ToModel(IEnumerable<KeyValuePair<string, string>> metadata)
    {
        var model = new ModelProto { IrVersion = IrVersion, ProducerName = "HafsModels", Graph = graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = OperatorSet });
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = Microsoft, Version = 1 });
        model.MetadataProps.AddRange(metadata.Select(m => new StringStringEntryProto { Key = m.Key, Value = m.Value }));
        return model;
    }

    private TensorRows Watched(string name, TensorRows rows) => isHalf ? new HalfRangeRows(rows, name, range) : rows;

    private string Half(Half value)
    {
        byte[] bytes = new byte[2];
        BinaryPrimitives.WriteHalfLittleEndian(bytes, value);
        return Constant($"f16.{BitConverter.HalfToUInt16Bits(value):x4}", DataType.Float16, [], bytes);
    }

    private string Constant(string name, DataType type, ReadOnlySpan<long> dimensions, ReadOnlySpan<byte> bytes)
    {
        if (!constants.Add(name))
            return name;
        var tensor = new TensorProto { Name = name, DataType = (int)type, RawData = ByteString.CopyFrom(bytes) };
        tensor.Dims.AddRange(dimensions.ToArray());
        graph.Initializer.Add(tensor);
        return name;
    }

    private AttributeProto Branch(string attribute, string name, string[] tensors)
    {
        var branch = new GraphProto { Name = name };
        foreach ((string tensor, int i) in tensors.Select((t, i) => (t, i)))
        {
            Add(branch, "", "Identity", $"{name}.{i}", [tensor], [$"{name}.{i}"], []);
            branch.Output.Add(Value($"{name}.{i}", Number, []));
            branch.Output[^1].Type.TensorType.Shape = null;
        }

        return new AttributeProto { Name = attribute, G = branch, Type = AttributeType.Graph };
    }

    private static string Add(GraphProto to, string domain, string type, string name, string[] inputs, string[] outputs, ReadOnlySpan<AttributeProto> attributes)
    {
        var node = new NodeProto { OpType = type, Name = name, Domain = domain };
        node.Input.AddRange(inputs);
        node.Output.AddRange(outputs);
        node.Attribute.AddRange(attributes.ToArray());
        to.Node.Add(node);
        return outputs[0];
    }

    private static ValueInfoProto Value(string name, DataType type, ReadOnlySpan<object> shape)
    {
        var dimensions = new TensorShapeProto();
        foreach (object size in shape)
            dimensions.Dim.Add(size is string symbol ? new TensorShapeProto.Types.Dimension { DimParam = symbol } : new TensorShapeProto.Types.Dimension { DimValue = Convert.ToInt64(size, null) });
        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)type, Shape = dimensions } } };
    }
}
