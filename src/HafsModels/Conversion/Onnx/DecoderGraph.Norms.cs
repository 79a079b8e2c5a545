using HafsModels.Architectures;
using HafsModels.Formats.Onnx;
using static HafsModels.Conversion.Onnx.OnnxGraph;

namespace HafsModels.Conversion.Onnx;

/// <content>Norms, alone and fused with the sum before them.</content>
internal sealed partial class DecoderGraph
{
    private bool HasNorm(string name) => RoleOf(name) is { } role && tensors.Has(role + ".weight");

    private string Norm(string name, string input)
    {
        if (!HasNorm(name))
            return input;
        string[] inputs = [input, .. NormWeights(name)];
        return config.Norm == NormKind.Rms
            ? graph.Node("SimplifiedLayerNormalization", name, inputs, NormAttributes())
            : graph.Node("LayerNormalization", name, inputs, NormAttributes());
    }

    /// <summary>Adds to the residual stream and normalizes the sum, which is a single operator.</summary>
    private (string Hidden, string Normed) AddAndNorm(string sum, string hidden, string addition, string norm)
    {
        if (!HasNorm(norm))
            return (graph.Node("Add", sum, [hidden, addition]), sum);
        bool isRms = config.Norm == NormKind.Rms;
        graph.ContributedTo(
            [norm, "", "", sum], isRms ? "SkipSimplifiedLayerNormalization" : "SkipLayerNormalization", norm, [hidden, addition, .. NormWeights(norm)], Attribute("epsilon", config.NormEpsilon));
        return (sum, norm);
    }

    private string[] NormWeights(string name)
    {
        string role = RoleOf(name)!;
        string weight = graph.Weight(role + ".weight", tensors.Get(role + ".weight"), sums);
        return tensors.Find(role + ".bias") is { } bias ? [weight, graph.Weight(role + ".bias", bias, sums)] : [weight];
    }

    private AttributeProto[] NormAttributes() => [Attribute("axis", -1), Attribute("epsilon", config.NormEpsilon), Attribute("stash_type", 1)];

    // Some families call a norm by another's name.
    private string? RoleOf(string name)
    {
        int dot = name.LastIndexOf('.');
        string plain = name[(dot + 1)..];
        return renamed.TryGetValue(plain, out string? other) ? name[..(dot + 1)] + other : renamed.Values.Contains(plain) ? null : name;
    }
}
