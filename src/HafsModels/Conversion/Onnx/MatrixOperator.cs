using HafsModels.Quantization.Onnx;
using HafsModels.Tensors;
using static HafsModels.Conversion.Onnx.OnnxGraph;
using DataType = HafsModels.Formats.Onnx.TensorProto.Types.DataType;

namespace HafsModels.Conversion.Onnx;

/// <summary>Multiplies by the model's matrices in one of their forms. A matrix has a row for each output.</summary>
internal abstract class MatrixOperator
{
    /// <summary>The operator for a type.</summary>
    public static MatrixOperator For(OnnxDataType type, OnnxExportOptions options) => type.Matrices switch
    {
        MatrixForm.Blocks => new BlockMatrices(type.IsHalf, options),
        MatrixForm.SignedIntegers => new IntegerMatrices(signed: true),
        MatrixForm.UnsignedIntegers => new IntegerMatrices(signed: false),
        MatrixForm.NormalFloats => new NormalFloatMatrices(),
        _ => new FloatMatrices(),
    };

    /// <summary>
    /// The operator for the head, and the type it computes in, which may be single precision though the graph's is not: logits lose most by half precision, and in
    /// blocks only the scales grow by it.
    /// </summary>
    public static (MatrixOperator Operator, DataType Type) ForHead(OnnxDataType type, OnnxExportOptions options) => type switch
    {
        { Matrices: MatrixForm.Blocks, IsHalf: true } => (new BlockMatrices(false, options), DataType.Float),
        { IsHalf: true } => (For(type, options), DataType.Float16),
        _ => (For(type, options), DataType.Float),
    };

    /// <summary>Whether a head that is the embedding may be the same initializer.</summary>
    public virtual bool SharesEmbedding => false;

    /// <summary>Adds the product.</summary>
    /// <param name="graph">Where to.</param>
    /// <param name="name">Name of the product, and the start of the weight's names.</param>
    /// <param name="input">What is multiplied.</param>
    /// <param name="rows">The matrix.</param>
    /// <returns>The product.</returns>
    public abstract string Multiply(OnnxGraph graph, string name, string input, TensorRows rows);

    private sealed class FloatMatrices : MatrixOperator
    {
        public override bool SharesEmbedding => true;

        public override string Multiply(OnnxGraph graph, string name, string input, TensorRows rows)
        {
            string weight = name + ".weight";
            long count = rows.RowCount;
            bool isHalf = graph.IsHalf;
            graph.Weight(weight, rows, [graph.Initializer(weight, graph.Number, rows.RowLength, count)], offsets => new TransposedLayout(count, isHalf, offsets[0]));
            return graph.Node("MatMul", name, [input, weight]);
        }
    }

    private sealed class BlockMatrices(bool isHalf, OnnxExportOptions options) : MatrixOperator
    {
        private const int Bits = 4;

        private readonly NBitsQuantizer quantizer = new(Bits, options.BlockSize, !options.Asymmetric, isHalf);

        public override string Multiply(OnnxGraph graph, string name, string input, TensorRows rows)
        {
            long count = rows.RowCount;
            int blocks = quantizer.Blocks(rows.RowLength);
            string numbers = name + ".weight.numbers", scales = name + ".weight.scales", zeros = name + ".weight.zero_points";
            List<Formats.Onnx.TensorProto> parts =
            [
                graph.Initializer(numbers, DataType.Uint8, count, blocks, options.BlockSize * Bits / 8),
                graph.Initializer(scales, isHalf ? DataType.Float16 : DataType.Float, count, blocks),
            ];
            if (options.Asymmetric)
                parts.Add(graph.Initializer(zeros, DataType.Uint8, count, quantizer.ZeroPointBytes(rows.RowLength)));
            graph.Weight(name + ".weight", rows, parts, offsets => new NBitsLayout(quantizer, offsets[0], offsets[1], offsets.Count > 2 ? offsets[2] : 0));
            List<Formats.Onnx.AttributeProto> attributes = [Attribute("K", rows.RowLength), Attribute("N", count), Attribute("bits", Bits), Attribute("block_size", options.BlockSize)];
            if (options.AccuracyLevel > 0)
                attributes.Add(Attribute("accuracy_level", options.AccuracyLevel));
            return graph.Contributed("MatMulNBits", name, options.Asymmetric ? [input, numbers, scales, zeros] : [input, numbers, scales], [.. attributes]);
        }
    }

    private sealed class IntegerMatrices(bool signed) : MatrixOperator
    {
        private readonly HashSet<string> quantized = new(StringComparer.Ordinal);

        public override string Multiply(OnnxGraph graph, string name, string input, TensorRows rows)
        {
            long count = rows.RowCount;
            DataType type = signed ? DataType.Int8 : DataType.Uint8;
            string numbers = name + ".weight.numbers", scales = name + ".weight.scales", zeros = name + ".weight.zero_points";
            graph.Weight(
                name + ".weight",
                rows,
                [graph.Initializer(numbers, type, rows.RowLength, count), graph.Initializer(scales, DataType.Float, count), graph.Initializer(zeros, type, count)],
                offsets => new IntegerLayout(count, signed, offsets[0], offsets[1], offsets[2]));
            (string steps, string scale, string zero) = (input + ".steps", input + ".scale", input + ".zero_point");
            if (quantized.Add(input))
                graph.NodeTo([steps, scale, zero], "DynamicQuantizeLinear", input + ".quantized", [input]);
            string product = graph.Node("MatMulInteger", name + ".integers", [steps, numbers, zero, zeros]);
            return graph.Node("Mul", name, [graph.Cast(product, DataType.Int32, DataType.Float), graph.Node("Mul", name + ".scales", [scale, scales])]);
        }
    }

    private sealed class NormalFloatMatrices : MatrixOperator
    {
        private readonly FloatMatrices others = new();

        public override string Multiply(OnnxGraph graph, string name, string input, TensorRows rows)
        {
            // Blocks run over the ends of rows otherwise; the operator can do it, tiles of rows cannot.
            if (rows.RowLength % NF4.BlockSize != 0)
                return others.Multiply(graph, name, input, rows);
            long elements = rows.Shape.ElementCount;
            string numbers = name + ".weight.numbers", magnitudes = name + ".weight.absmax";
            graph.Weight(
                name + ".weight",
                rows,
                [graph.Initializer(numbers, DataType.Uint8, elements / 2), graph.Initializer(magnitudes, DataType.Float, elements / NF4.BlockSize)],
                offsets => new NF4Layout(offsets[0], offsets[1]));
            return graph.Contributed(
                "MatMulBnb4", name, [input, numbers, magnitudes], Attribute("K", rows.RowLength), Attribute("N", rows.RowCount), Attribute("block_size", NF4.BlockSize), Attribute("quant_type", NF4.QuantType));
        }
    }
}
