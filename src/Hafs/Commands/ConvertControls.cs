using System.CommandLine;
using System.CommandLine.Completions;
using HafsModels.Conversion;
using HafsModels.Quantization;

namespace Hafs.Commands;

/// <summary>The options of <c>hafs models convert</c> that say which tensor gets which type, named as llama-quantize names them.</summary>
internal sealed class ConvertControls
{
    private readonly Option<string?> quantization = new("--quant", "-q") { Description = "Quantization, see 'hafs quantizations', or COPY (default: Q4_K_M, or what the recipe says)", HelpName = "TYPE" };
    private readonly Option<string?> recipe = new("--recipe") { Description = "Recipe file (JSON); other options go before it", HelpName = "FILE" };
    private readonly Option<string[]> tensorTypes = new("--tensor-type") { Description = "Type for tensors whose name matches; may be repeated, the first match decides", HelpName = "REGEX=TYPE" };
    private readonly Option<string?> outputType = Type("--output-tensor-type", "Type of the output head");
    private readonly Option<string?> embeddingType = Type("--token-embedding-type", "Type of the token embedding");
    private readonly Option<bool> leaveOutput = new("--leave-output-tensor") { Description = "Leave output.weight in the type it has" };
    private readonly Option<bool> pure = new("--pure") { Description = "Give every tensor the base type instead of a mixture" };
    private readonly Option<string?> pruneLayers = new("--prune-layers") { Description = "Blocks to leave out, such as 3,5-7 (GGUF sources)", HelpName = "LIST" };
    private readonly Option<bool> keepSplit = new("--keep-split") { Description = "Write as many files as a split GGUF source has" };
    private readonly Option<bool> allowRequantize = new("--allow-requantize") { Description = "Quantize tensors that were quantized before, which loses more" };
    private readonly Option<bool> allowNonFinite = new("--allow-non-finite") { Description = "Write NaN and infinite weights as ggml would, instead of refusing them" };
    private readonly Option<string[]> metadata = new("--override-kv") { Description = "Metadata to set; TYPE is int, float, bool or str; may be repeated", HelpName = "KEY=TYPE:VALUE" };

    public ConvertControls() => quantization.CompletionSources.Add(_ => Recipes.All.Append(Recipes.Copy).Select(r => new CompletionItem(r.Name)));

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[quantization, recipe, tensorTypes, outputType, embeddingType, leaveOutput, pure, pruneLayers, keepSplit, allowRequantize, allowNonFinite, metadata])
            command.Add(option);
    }

    /// <summary>The request with what the options say.</summary>
    public ConvertRequest Apply(ParseResult result, ConvertRequest request) => request with
    {
        Quantization = result.GetValue(quantization),
        RecipePath = result.GetValue(recipe),
        TensorTypes = [.. (result.GetValue(tensorTypes) ?? []).Select(TensorTypeRule.Parse)],
        OutputType = result.GetValue(outputType) is { } output ? BlockFormats.Parse(output) : null,
        EmbeddingType = result.GetValue(embeddingType) is { } embedding ? BlockFormats.Parse(embedding) : null,
        LeaveOutput = result.GetValue(leaveOutput),
        Pure = result.GetValue(pure),
        PruneLayers = LayerList.Parse(result.GetValue(pruneLayers) ?? ""),
        KeepSplit = result.GetValue(keepSplit),
        AllowRequantize = result.GetValue(allowRequantize),
        AllowNonFinite = result.GetValue(allowNonFinite),
        Metadata = (result.GetValue(metadata) ?? []).Select(MetadataOption.Parse).ToDictionary(StringComparer.Ordinal),
    };

    private static Option<string?> Type(string name, string description)
    {
        var option = new Option<string?>(name) { Description = description, HelpName = "TYPE" };
        option.CompletionSources.Add(_ => BlockFormats.All.Select(f => new CompletionItem(f.Type.ToString())));
        return option;
    }
}
