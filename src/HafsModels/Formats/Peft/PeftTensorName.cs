using System.Text.RegularExpressions;

namespace HafsModels.Formats.Peft;

/// <summary>What the name of an adapter's tensor says.</summary>
/// <param name="Module">Module of the base model; for a replacement the tensor's name in the base model.</param>
/// <param name="Factor"><c>A</c> or <c>B</c>; empty when the tensor replaces one of the base model.</param>
/// <param name="IsEmbedding">Whether the factor belongs to an embedding.</param>
internal sealed partial record PeftTensorName(string Module, string Factor, bool IsEmbedding)
{
    private const string Prefix = "base_model.model.";

    // Parts of names that belong to other kinds of adapters.
    private static readonly (string Part, string What)[] Foreign =
    [
        ("lora_magnitude_vector", "DoRA"), ("lora_B.bias", "LoRA with a bias of its own"), ("lora_B.default.bias", "LoRA with a bias of its own"), ("hada_", "LoHa"), ("lokr_", "LoKr"), ("ia3_", "IA3"),
        ("prompt_embeddings", "prompt tuning"), ("oft_", "OFT"), ("boft_", "BOFT"), ("vera_lambda", "VeRA"), ("trainable_tokens", "single trained tokens"), ("ranknum", "AdaLoRA"), ("lora_E", "AdaLoRA"),
    ];

    /// <summary>Reads a name.</summary>
    /// <exception cref="HafsException">It belongs to another kind of adapter, or to none.</exception>
    public static PeftTensorName Parse(string name, string path)
    {
        if (Array.Find(Foreign, f => name.Contains(f.Part, StringComparison.Ordinal)) is { Part: not null } foreign)
            throw new HafsException(ErrorKind.Unsupported, "AdapterKind", $"{path}: Unsupported adapter: {foreign.What} (tensor {name})", path);
        if (!name.StartsWith(Prefix, StringComparison.Ordinal))
            throw new HafsException(ErrorKind.InvalidData, "AdapterTensorName", $"{path}: {name} does not begin with {Prefix}, as every tensor that PEFT saves does", path);
        string rest = name[Prefix.Length..];
        if (Factors().Match(rest) is { Success: true } factor)
            return new PeftTensorName(Unwrapped(factor.Groups["module"].Value), factor.Groups["factor"].Value, factor.Groups["embedding"].Success);
        if (rest.Contains("lora_", StringComparison.Ordinal))
            throw new HafsException(ErrorKind.Unsupported, "AdapterKind", $"{path}: Unsupported adapter: {name} is no lora_A, lora_B, lora_embedding_A or lora_embedding_B of the adapter \"default\"", path);
        return new PeftTensorName(Unwrapped(rest), "", false);
    }

    // PEFT wraps the modules it changes; the base model knows them without.
    private static string Unwrapped(string name) => Wrappers().Replace(name, "");

    [GeneratedRegex(@"\A(?<module>.+)\.lora_(?:(?<embedding>embedding)_(?<factor>A|B)(?:\.default)?|(?<factor>A|B)(?:\.default)?\.weight)\z", RegexOptions.CultureInvariant)]
    private static partial Regex Factors();

    [GeneratedRegex(@"\.(?:base_layer|modules_to_save(?:\.default)?)(?=\.|\z)", RegexOptions.CultureInvariant)]
    private static partial Regex Wrappers();
}
