using System.Text.RegularExpressions;
using HafsModels.Formats.Gguf;

namespace HafsModels.Architectures;

/// <summary>The schema of a family's data beyond member names and types, which reading it checks: every name it uses must be known.</summary>
internal static partial class FamilyRules
{
    private static readonly GgufValueType[] MetadataTypes = [GgufValueType.U32, GgufValueType.F32, GgufValueType.Bool, GgufValueType.String];

    /// <summary>Checks a family.</summary>
    /// <exception cref="FormatException">A rule is broken; the message says where and which.</exception>
    public static void Check(FamilyData family)
    {
        Require(FamilyName().IsMatch(family.Name), $"name is \"{family.Name}\"; a GGUF architecture is lower-case letters, digits and dashes");
        Require(family.Architectures.Count > 0, "architectures is empty");
        Require(family.Examples.Count > 0, "examples is empty; without one nothing shows that the family works");
        Require(family.Activation.Count > 0, "activation is empty");
        foreach ((string value, IReadOnlyList<string> formulas) in family.Values)
        {
            Require(DecoderValues.All.ContainsKey(value), $"values.{value} is no value of a decoder");
            foreach (string formula in formulas)
                CheckFormula(formula, $"values.{value}");
        }

        foreach (string formula in family.Required.Keys)
            CheckFormula(formula, "required");
        foreach (FamilyData.TensorRule rule in family.Tensors)
        {
            Require(rule.Role.Contains("{i}", StringComparison.Ordinal) == rule.Name.Contains("{i}", StringComparison.Ordinal), $"{rule.Role}: role and name must both have {{i}}, or neither");
            Require(rule.Shape is not null || TensorShapes.Knows(rule.Role), $"{rule.Role}: no shape is known for this role; state one");
            foreach (string transform in rule.Transform.Append(rule.Gguf).OfType<string>())
                Require(RowTransforms.All.ContainsKey(transform), $"{rule.Role}: there is no row transform \"{transform}\"; {string.Join(", ", RowTransforms.All.Keys)} are");
            foreach (string formula in (rule.Shape ?? []).Append(rule.When).Append(rule.Count).OfType<string>())
                CheckFormula(formula, rule.Role);
        }

        string? twice = family.Tensors.GroupBy(t => (t.Role, t.When, t.Name)).FirstOrDefault(g => g.Count() > 1)?.Key.Role;
        Require(twice is null, $"{twice}: stated twice");
        foreach (FamilyData.MetadataRule rule in (family.Metadata ?? []).Concat(family.MoreMetadata))
        {
            bool isFileType = rule.Key == "general.file_type";
            Require(isFileType || (rule.Value is null) != (rule.Text is null), $"metadata {rule.Key}: needs a value or a text");
            Require(isFileType || MetadataTypes.Contains(rule.Type), $"metadata {rule.Key}: type is {rule.Type}; {string.Join(", ", MetadataTypes)} are written");
            foreach (string formula in new[] { rule.Value, rule.When }.OfType<string>())
                CheckFormula(formula, $"metadata {rule.Key}");
        }
    }

    private static void CheckFormula(string formula, string where)
    {
        foreach (string name in new FamilyExpression(formula).Names)
            Require(FamilyExpression.IsConfigKey(name) || name is "Layer" or "LayerNorm" || DecoderValues.All.ContainsKey(name), $"{where}: \"{formula}\": {name} is no value of a decoder");
    }

    private static void Require(bool holds, string message)
    {
        if (!holds)
            throw new FormatException(message);
    }

    [GeneratedRegex("^[a-z0-9][a-z0-9-]*$")]
    private static partial Regex FamilyName();
}
