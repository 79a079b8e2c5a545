using System.Management.Automation;
using HafsModels.Conversion;
using HafsModels.PowerShell.Completion;
using HafsModels.Quantization;

namespace HafsModels.PowerShell.Commands;

/// <summary><c>Get-ModelQuantization</c>: the quantizations there are, and what each would make of a model.</summary>
[Cmdlet(VerbsCommon.Get, "ModelQuantization")]
[OutputType(typeof(ModelQuantization))]
public sealed class GetModelQuantizationCommand : RegistryCmdlet
{
    /// <summary>A quantization, in any case, aliases and wildcards allowed; all without it.</summary>
    [Parameter(Position = 0, HelpMessage = "Name of a quantization, wildcards allowed.")]
    [Alias("Quantization")]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(QuantizationCompleter))]
    public string? Name { get; set; }

    /// <summary>Id of a registered model, whose exact sizes are worked out.</summary>
    [Parameter(ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, HelpMessage = "Id of a registered model whose sizes are worked out.")]
    [Alias("ModelId")]
    [ArgumentCompleter(typeof(ModelIdCompleter))]
    public string? Id { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => ForItem(Id ?? Name, () =>
    {
        foreach (Recipe recipe in Chosen())
            WriteObject(Describe(recipe));
    });

    private IEnumerable<Recipe> Chosen()
    {
        if (Name is null)
            return Recipes.All;
        if (!WildcardPattern.ContainsWildcardCharacters(Name))
            return [Recipes.Get(Name)];
        var pattern = new WildcardPattern(Name, WildcardOptions.IgnoreCase);
        return Recipes.All.Where(r => pattern.IsMatch(r.Name));
    }

    private ModelQuantization Describe(Recipe recipe)
    {
        // A recipe that needs an importance matrix cannot be planned without one.
        ConversionPlan? plan = string.IsNullOrEmpty(Id) || recipe.NeedsImportance ? null : Workbench().PlanConversion(new ConvertRequest { ModelId = Id, Quantization = recipe.Name });
        double bits = plan?.BitsPerWeight ?? recipe.BitsPerWeight;
        return new ModelQuantization(recipe.Name, recipe.NominalBitsPerWeight, bits, recipe.Quality, bits / 16, plan?.OutputBytes, Id, recipe.NeedsImportance, recipe.Aliases);
    }
}
