using HafsModels.Architectures;
using HafsModels.Tensors;
using static HafsModels.Conversion.Onnx.OnnxGraph;
using DataType = HafsModels.Formats.Onnx.TensorProto.Types.DataType;

namespace HafsModels.Conversion.Onnx;

/// <summary>
/// The computation of a decoder-only model as a graph, from the family's traits and from what its tensors say: the same that the embedded decoder
/// computes. Inputs and outputs are those that Transformers.js and onnxruntime-genai feed.
/// </summary>
internal sealed partial class DecoderGraph
{
    private readonly DecoderConfig config;
    private readonly RoleTensors tensors;
    private readonly OnnxGraph graph;
    private readonly MatrixOperator matrices;
    private readonly OnnxDataType type;
    private readonly OnnxExportOptions options;
    private readonly IReadOnlyDictionary<string, string> renamed;

    // Of what the layers add to, and of norms. Where norms stand behind a part, trained in bfloat16, the sums can leave the range of half precision.
    private readonly DataType sums;

    private DecoderGraph(ModelFolder folder, OnnxDataType type, OnnxExportOptions options, HalfRange range)
    {
        config = folder.Decoder;
        tensors = new RoleTensors(folder);
        graph = new OnnxGraph(type.IsHalf, range);
        matrices = MatrixOperator.For(type, options);
        renamed = folder.Family.Data.Roles;
        this.type = type;
        this.options = options;
        sums = HasNorm("blk.0.post_attention_norm") || HasNorm("blk.0.post_ffw_norm") ? DataType.Float : graph.Number;
    }

    /// <summary>Builds the graph of a model.</summary>
    /// <exception cref="HafsException">The model has a part that no graph is built for.</exception>
    public static OnnxGraph Build(ModelFolder folder, OnnxDataType type, OnnxExportOptions options, HalfRange range)
    {
        OnnxTraits.Check(folder);
        var decoder = new DecoderGraph(folder, type, options, range);
        decoder.Build();
        decoder.tensors.ThrowIfAnyLeft();
        return decoder.graph;
    }

    private void Build()
    {
        string ids = graph.Input("input_ids", DataType.Int64, "batch_size", "sequence_length");
        string mask = graph.Input("attention_mask", DataType.Int64, "batch_size", "total_sequence_length");
        string? positions = tensors.Has("position_embd.weight") ? graph.Input("position_ids", DataType.Int64, "batch_size", "sequence_length") : null;
        string hidden = Embed(ids, positions);
        Lengths(mask);
        graph.Output("logits", DataType.Float, "batch_size", "sequence_length", config.VocabularySize);

        string normed = Norm("blk.0.attn_norm", hidden);
        for (int layer = 0; layer < config.LayerCount; layer++)
            (hidden, normed) = Block(layer, hidden, normed, layer + 1 < config.LayerCount ? $"blk.{layer + 1}.attn_norm" : "output_norm");
        Head(ids, normed);
    }

    private (string Hidden, string Normed) Block(int layer, string hidden, string normed, string nextNorm)
    {
        string block = $"blk.{layer}.";
        string input = HasNorm(block + "attn_norm_2") ? Norm(block + "attn_norm_2", hidden) : normed;
        string attended = Scaled(block + "attn_scaled", Norm(block + "post_attention_norm", Attention(layer, input)), config.ResidualScale);
        if (!config.ParallelResidual)
        {
            (hidden, string between) = AddAndNorm(block + "attn_sum", hidden, attended, block + "ffn_norm");
            return AddAndNorm(block + "sum", hidden, Forward(block, between), nextNorm);
        }

        // Beside attention, the feed-forward part reads the same vectors, through a norm of its own if it has one.
        string forward = Forward(block, HasNorm(block + "ffn_norm") ? Norm(block + "ffn_norm", hidden) : normed);
        return AddAndNorm(block + "sum", graph.Node("Add", block + "attn_sum", [hidden, attended]), forward, nextNorm);
    }

    private string Forward(string block, string input)
    {
        input = graph.Cast(input, sums, graph.Number);
        TensorRows up = tensors.Get(block + "ffn_up.weight");
        long width = config.FeedForwardSize;
        string product;
        if (tensors.Has(block + "ffn_gate.weight") || up.RowCount == 2 * width)
        {
            // Gate and up projection are two matrices, or one below the other in one.
            TensorRows gate = tensors.Find(block + "ffn_gate.weight") ?? RoleTensors.Part(up, 0, width);
            up = up.RowCount == 2 * width ? RoleTensors.Part(up, width, width) : up;
            string gated = Activate(block + "ffn_gate", Projected(block + "ffn_gate", input, gate, tensors.Find(block + "ffn_gate.bias")));
            product = graph.Node("Mul", block + "ffn_product", [gated, Projected(block + "ffn_up", input, up, tensors.Find(block + "ffn_up.bias"))]);
        }
        else
        {
            product = Activate(block + "ffn_up", Projected(block + "ffn_up", input, up, tensors.Find(block + "ffn_up.bias")));
        }

        string output = Projected(block + "ffn_down", product, tensors.Get(block + "ffn_down.weight"), tensors.Find(block + "ffn_down.bias"));
        return Scaled(block + "ffn_scaled", Norm(block + "post_ffw_norm", graph.Cast(output, graph.Number, sums)), config.ResidualScale);
    }

    private string Activate(string name, string input) => config.Activation switch
    {
        ActivationKind.Silu => graph.Node("Mul", name + ".silu", [input, graph.Node("Sigmoid", name + ".sigmoid", [input])]),
        ActivationKind.Gelu => graph.Contributed("Gelu", name + ".gelu", [input]),
        _ => graph.Contributed("FastGelu", name + ".gelu", [input]),
    };

    private string Embed(string ids, string? positions)
    {
        TensorRows rows = tensors.Get("token_embd.weight");
        bool isQuantized = options.QuantizeEmbedding ?? (type.Matrices is MatrixForm.SignedIntegers or MatrixForm.UnsignedIntegers);
        string hidden = isQuantized ? QuantizedEmbedding(ids, rows) : Rows("embedding", "token_embd.weight", rows, ids);
        hidden = Scaled("embedding.scaled", hidden, config.EmbeddingScale);
        return positions is null ? hidden
            : graph.Node("Add", "embedding.placed", [hidden, Rows("embedding.positions", "position_embd.weight", tensors.Get("position_embd.weight"), positions)]);
    }

    private string Rows(string name, string weight, TensorRows rows, string indices) => graph.Cast(graph.Node("Gather", name, [graph.Weight(weight, rows), indices]), graph.Number, sums);

    private string QuantizedEmbedding(string ids, TensorRows rows)
    {
        graph.Weight(
            "token_embd.weight",
            rows,
            [graph.Initializer("token_embd.weight.numbers", DataType.Uint8, rows.RowCount, rows.RowLength), graph.Initializer("token_embd.weight.scales", sums, rows.RowCount, 1)],
            offsets => new ByteRowsLayout(offsets[0], offsets[1], sums == DataType.Float16));
        string numbers = graph.Cast(graph.Node("Gather", "embedding.bytes", ["token_embd.weight.numbers", ids]), DataType.Uint8, sums);
        string centred = graph.Node("Sub", "embedding.centred", [numbers, graph.Scalar(ByteRowsLayout.Middle, sums)]);
        return graph.Node("Mul", "embedding", [centred, graph.Node("Gather", "embedding.scales", ["token_embd.weight.scales", ids])]);
    }

    private void Head(string ids, string normed)
    {
        (MatrixOperator head, DataType product) = MatrixOperator.ForHead(type, options);
        normed = graph.Cast(normed, sums, product);
        string logits = config.TiedEmbeddings && head.SharesEmbedding && options.QuantizeEmbedding != true
            ? TiedHead(ids, normed)
            : graph.Cast(head.Multiply(graph, "output", normed, tensors.Get(config.TiedEmbeddings ? "token_embd.weight" : "output.weight")), product, DataType.Float);
        if (config.LogitDivisor != 1)
            logits = graph.Node("Mul", "output.divided", [logits, graph.Scalar(1 / config.LogitDivisor, DataType.Float)]);
        if (config.LogitSoftcap > 0)
        {
            string curved = graph.Node("Tanh", "output.tanh", [graph.Node("Mul", "output.uncapped", [logits, graph.Scalar(1 / config.LogitSoftcap, DataType.Float)])]);
            logits = graph.Node("Mul", "output.capped", [curved, graph.Scalar(config.LogitSoftcap, DataType.Float)]);
        }

        graph.Node("Identity", "logits", [logits]);
    }

    // The embedding has a row for each token, which Gemm takes as it is; MatMul would need it a second time, columns first. Single precision comes before the
    // shape: processors compute halves in single precision and leave out the rounding between two types that follow one another.
    private string TiedHead(string ids, string normed)
    {
        string flat = graph.Node("Reshape", "output.flat", [normed, graph.Integers(-1, config.HiddenSize)]);
        string product = graph.Node("Gemm", "output.product", [flat, "token_embd.weight"], Attribute("transB", 1));
        string shape = graph.Node("Concat", "output.shape", [graph.Node("Shape", "output.places", [ids]), graph.Integers(config.VocabularySize)], Attribute("axis", 0));
        return graph.Node("Reshape", "output", [graph.Cast(product, graph.Number, DataType.Float), shape]);
    }

    private string Projected(string name, string input, TensorRows rows, TensorRows? bias)
    {
        string product = matrices.Multiply(graph, name, input, rows);
        return bias is null ? product : graph.Node("Add", name + ".biased", [product, graph.Weight(name + ".bias", bias)]);
    }

    private string Scaled(string name, string input, float factor) => factor == 1 ? input : graph.Node("Mul", name, [input, graph.Scalar(factor, sums)]);
}
