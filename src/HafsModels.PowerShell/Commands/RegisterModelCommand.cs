using System.Globalization;
using System.Management.Automation;
using HafsModels.PowerShell.Completion;
using HafsModels.Registry;

namespace HafsModels.PowerShell.Commands;

/// <summary><c>Register-Model</c>: a folder becomes a model of the registry.</summary>
[Cmdlet(VerbsLifecycle.Register, "Model", SupportsShouldProcess = true)]
[OutputType(typeof(Model))]
public sealed class RegisterModelCommand : RegistryCmdlet
{
    /// <summary>Folder of a checkpoint or an adapter, or a GGUF file. Taken as it is written: no wildcards.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, HelpMessage = "Folder of a checkpoint or adapter, or a GGUF file.")]
    [Alias("LiteralPath", "PSPath", "FullName")]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    /// <summary>Id for the model; the folder's name without it.</summary>
    [Parameter(Position = 1, HelpMessage = "Id; default: the folder's name.")]
    [Alias("ModelId")]
    [ValidateNotNullOrEmpty]
    public string? Id { get; set; }

    /// <summary>Name for people; without it, what a GGUF file says, else the id.</summary>
    [Parameter(HelpMessage = "Name for people.")]
    public string? DisplayName { get; set; }

    /// <summary>Base model; without it, it is read from the model's own files.</summary>
    [Parameter(HelpMessage = "Base model; default: read from the model's files.")]
    [ArgumentCompleter(typeof(BaseModelCompleter))]
    public string? BaseModel { get; set; }

    /// <summary>Role in your setup; general without it.</summary>
    [Parameter(HelpMessage = "Role; default: general.")]
    [ArgumentCompleter(typeof(RoleCompleter))]
    public string? Role { get; set; }

    /// <summary>Group of models it belongs to.</summary>
    [Parameter(HelpMessage = "Group of models it belongs to.")]
    public string? Group { get; set; }

    /// <summary>Version label.</summary>
    [Parameter(HelpMessage = "Version label.")]
    public string? Version { get; set; }

    /// <summary>Name of the location where the folder lies; this machine's without it.</summary>
    [Parameter(HelpMessage = "Location where the folder lies; default: this machine.")]
    [ArgumentCompleter(typeof(LocationCompleter))]
    public string? Location { get; set; }

    /// <summary>Labels to filter by.</summary>
    [Parameter(HelpMessage = "Labels.")]
    [ArgumentCompleter(typeof(TagCompleter))]
    public string[] Tag { get; set; } = [];

    /// <summary>Free text.</summary>
    [Parameter(HelpMessage = "Free text.")]
    public string? Notes { get; set; }

    /// <summary>Replaces the record of an id that is registered already.</summary>
    [Parameter(HelpMessage = "Replace the record of an id that is registered already.")]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => ForItem(Path, () =>
    {
        var request = new RegisterRequest
        {
            Path = FullPath(Path),
            Id = Id,
            DisplayName = DisplayName,
            BaseModel = BaseModel,
            Role = Role,
            Group = Group,
            Version = Version,
            Location = Location,
            Tags = Tag,
            Notes = Notes,
            Force = Force,
        };
        Workbench workbench = Workbench();
        Model described = workbench.Describe(request);
        foreach (string warning in described.Warnings)
            WriteWarning(warning);
        string id = described.Id;
        string bytes = ModelFiles.Bytes(request.Path).ToString("N0", CultureInfo.InvariantCulture);
        if (ShouldProcess($"Register {request.Path} ({bytes} bytes) as '{id}' in {workbench.RegistryPath}.", $"Register {request.Path} ({bytes} bytes) as '{id}'?", "Register-Model"))
            Perform(feed => feed.Output(workbench.Register(request, feed.Stop)));
    });
}
