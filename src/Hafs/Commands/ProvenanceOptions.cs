using System.CommandLine;
using HafsModels.Conversion;

namespace Hafs.Commands;

/// <summary>The options of <c>hafs models convert</c> about what the file says of where it comes from (docs/provenance.md).</summary>
internal sealed class ProvenanceOptions
{
    private readonly Option<string?> author = new("--author") { Description = "Author (general.author; default: the registry's or the model card's)" };
    private readonly Option<string?> description = new("--description") { Description = "Description (general.description)" };
    private readonly Option<string?> license = new("--license") { Description = "Licence (general.license), such as mit" };
    private readonly Option<string?> baseModel = new("--base-model") { Description = "Base model by its name on the hub (general.base_model.0.*)" };
    private readonly Option<string?> quantizedBy = new("--quantized-by") { Description = "Who quantized it (general.quantized_by)" };
    private readonly Option<ProvenanceDetail> detail = new("--provenance")
    {
        Description = "Keys beyond those of llama.cpp's converter: run (the training of a registered model), full (of any model, and hashes of its weight files) or none",
        DefaultValueFactory = _ => ProvenanceDetail.Run,
    };

    private readonly Option<bool> skipHash = new("--skip-source-hash") { Description = "Do not hash the weight files that are read" };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[author, description, license, baseModel, quantizedBy, detail, skipHash])
            command.Add(option);
    }

    /// <summary>The request with what the options say.</summary>
    public ConvertRequest Apply(ParseResult result, ConvertRequest request) => request with
    {
        Author = result.GetValue(author),
        Description = result.GetValue(description),
        License = result.GetValue(license),
        BaseModel = result.GetValue(baseModel),
        QuantizedBy = result.GetValue(quantizedBy),
        Provenance = result.GetValue(detail),
        SkipSourceHash = result.GetValue(skipHash),
    };
}
