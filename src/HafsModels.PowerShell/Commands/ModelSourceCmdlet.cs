using System.Management.Automation;
using HafsModels.PowerShell.Completion;

namespace HafsModels.PowerShell.Commands;

/// <summary>A cmdlet that reads a model: one of the registry, by its id, or one that is only files, by its path.</summary>
public abstract class ModelSourceCmdlet : RegistryCmdlet
{
    private protected const string ModelSet = "Model", PathSet = "Path";

    private protected ModelSourceCmdlet()
    {
    }

    /// <summary>Id of a registered model, also as NAME@VERSION.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = ModelSet, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, HelpMessage = "Id of a registered model, also as NAME@VERSION.")]
    [Alias("ModelId")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ModelIdCompleter))]
    public string? Id { get; set; }

    /// <summary>Folder of a checkpoint or an adapter, or a GGUF file, that need not be registered. Taken as it is written: no wildcards.</summary>
    [Parameter(Mandatory = true, ParameterSetName = PathSet, ValueFromPipelineByPropertyName = true, HelpMessage = "Folder of a checkpoint or an adapter, or a GGUF file.")]
    [Alias("LiteralPath", "PSPath", "FullName")]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <summary>The id where the model is named by it; objects of the pipeline may bring both.</summary>
    private protected string? SourceId => ParameterSetName == ModelSet ? Id : null;

    /// <summary>The full path where the model is named by it.</summary>
    private protected string? SourcePath => ParameterSetName == ModelSet ? null : FullPath(Path);
}
