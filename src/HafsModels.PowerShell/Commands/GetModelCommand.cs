using System.Management.Automation;
using HafsModels.PowerShell.Completion;
using HafsModels.Registry;

namespace HafsModels.PowerShell.Commands;

/// <summary><c>Get-Model</c>: models of the registry.</summary>
[Cmdlet(VerbsCommon.Get, "Model")]
[OutputType(typeof(Model))]
public sealed class GetModelCommand : RegistryCmdlet
{
    /// <summary>Ids of models; * and ? stand for any characters. Without it, all models are returned. An id without wildcards that is not registered is an error.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, HelpMessage = "Ids of models, wildcards allowed.")]
    [Alias("ModelId")]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ModelIdCompleter))]
    public string[] Id { get; set; } = [];

    /// <summary>Role the models must have, such as general or asm; wildcards allowed.</summary>
    [Parameter(HelpMessage = "Role, wildcards allowed.")]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(RoleCompleter))]
    public string? Role { get; set; }

    /// <summary>Location where the models must lie: mac, windows, cloud, halext.</summary>
    [Parameter(HelpMessage = "Location where the model lies.")]
    [ArgumentCompleter(typeof(LocationCompleter))]
    public string? Location { get; set; }

    /// <summary>Backend the models must be deployed on.</summary>
    [Parameter(HelpMessage = "Backend the model is deployed on.")]
    [ArgumentCompleter(typeof(BackendCompleter))]
    public string? Backend { get; set; }

    /// <summary>Format the models must exist in: pytorch, safetensors, gguf, onnx.</summary>
    [Parameter(HelpMessage = "Format the model exists in.")]
    [ArgumentCompleter(typeof(FormatCompleter))]
    public string? Format { get; set; }

    /// <summary>Tags the models must carry, all of them.</summary>
    [Parameter(HelpMessage = "Tags the model carries, all of them.")]
    [ArgumentCompleter(typeof(TagCompleter))]
    public string[] Tag { get; set; } = [];

    /// <summary>Base model the models were trained from; wildcards allowed.</summary>
    [Parameter(HelpMessage = "Base model, wildcards allowed.")]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(BaseModelCompleter))]
    public string? BaseModel { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => ForItem(Id, () =>
    {
        Workbench workbench = Workbench();
        IReadOnlyList<Model> found = workbench.Find(new ModelQuery { Ids = Id, Role = Role, Location = Location, Backend = Backend, Format = Format, Tags = Tag, BaseModel = BaseModel });
        foreach (Model model in found)
            WriteObject(model);

        // A pattern may match nothing; a name that is not there is a mistake, and the core knows the nearest ones.
        foreach (string id in Id.Where(id => !WildcardPattern.ContainsWildcardCharacters(id) && !found.Any(m => string.Equals(m.Id, id, StringComparison.OrdinalIgnoreCase))))
            ForItem(id, () => workbench.Get(id));
    });
}
