using System.Globalization;
using System.Management.Automation;
using HafsModels.PowerShell.Completion;
using HafsModels.PowerShell.Pipeline;
using HafsModels.Registry;
using HafsModels.Registry.Training;

namespace HafsModels.PowerShell.Commands;

/// <summary><c>Register-Model</c>: a folder becomes a model of the registry, now or when its training ends.</summary>
[Cmdlet(VerbsLifecycle.Register, "Model", SupportsShouldProcess = true, DefaultParameterSetName = PathSet)]
[OutputType(typeof(Model))]
[OutputType(typeof(Artifact), ParameterSetName = [WatchSet])]
public sealed class RegisterModelCommand : RegistryCmdlet
{
    private const string PathSet = "Path", WatchSet = "Watch";

    /// <summary>Folder of a checkpoint or an adapter, or a GGUF file. Taken as it is written: no wildcards.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = PathSet, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, HelpMessage = "Folder of a checkpoint or adapter, or a GGUF file.")]
    [Alias("LiteralPath", "PSPath", "FullName")]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    /// <summary>
    /// Folder to watch: each training run in it (a folder with a trainer_state.json, down to four levels) is registered when its training is over and its files
    /// are quiet, until Ctrl+C. Runs that are registered already are passed over.
    /// </summary>
    [Parameter(Mandatory = true, ParameterSetName = WatchSet, HelpMessage = "Folder of training runs to register as they end, until Ctrl+C.")]
    [ValidateNotNullOrEmpty]
    public string? Watch { get; set; }

    /// <summary>Quantizations to convert each run to once it is registered, such as Q4_K_M; the files are emitted after the model.</summary>
    [Parameter(ParameterSetName = WatchSet, HelpMessage = "Quantizations to convert each run to, such as Q4_K_M.")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(QuantizationCompleter))]
    public string[] ConvertTo { get; set; } = [];

    /// <summary>Seconds for which no file of a run may have changed before it counts as over.</summary>
    [Parameter(ParameterSetName = WatchSet, HelpMessage = "Seconds for which no file of a run may have changed.")]
    [ValidateRange(0, 86400)]
    public int QuietSeconds { get; set; } = 10;

    /// <summary>Registers the runs that are over now, and ends instead of waiting for more.</summary>
    [Parameter(ParameterSetName = WatchSet, HelpMessage = "Register the runs that are over now, and end.")]
    public SwitchParameter Once { get; set; }

    /// <summary>Id for the model; the folder's name without it.</summary>
    [Parameter(Position = 1, ParameterSetName = PathSet, HelpMessage = "Id; default: the folder's name.")]
    [Alias("ModelId")]
    [ValidateNotNullOrEmpty]
    public string? Id { get; set; }

    /// <summary>Name for people; without it, what a GGUF file says, else the id.</summary>
    [Parameter(ParameterSetName = PathSet, HelpMessage = "Name for people.")]
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
    [Parameter(ParameterSetName = PathSet, HelpMessage = "Replace the record of an id that is registered already.")]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (Watch is null)
            ForItem(Path, Register);
        else
            ForItem(Watch, WatchFolder);
    }

    private void Register()
    {
        RegisterRequest request = Record(FullPath(Path)) with { Id = Id, DisplayName = DisplayName, Force = Force };
        Workbench workbench = Workbench();
        Model described = workbench.Describe(request);
        foreach (string warning in described.Warnings)
            WriteWarning(warning);
        string id = described.Id;
        string bytes = ModelFiles.Bytes(request.Path).ToString("N0", CultureInfo.InvariantCulture);
        if (ShouldProcess($"Register {request.Path} ({bytes} bytes) as '{id}' in {workbench.RegistryPath}.", $"Register {request.Path} ({bytes} bytes) as '{id}'?", "Register-Model"))
            Perform(feed => feed.Output(workbench.Register(request, feed.Stop)));
    }

    private void WatchFolder()
    {
        string folder = FullPath(Watch!);
        Workbench workbench = Workbench();
        var request = new TrainingWatchRequest { Folder = folder, Record = Record(folder), ConvertTo = ConvertTo, Quiet = TimeSpan.FromSeconds(QuietSeconds), Once = Once };
        string what = ConvertTo.Length == 0 ? "" : $" and convert them to {string.Join(", ", ConvertTo)}";
        if (ShouldProcess($"Register the training runs of {folder} in {workbench.RegistryPath}{what}.", $"Register the training runs of {folder}{what}?", "Register-Model"))
            Perform(feed => workbench.WatchAsync(request, e => Emit(e, feed), feed, feed.Stop).GetAwaiter().GetResult());
    }

    private static void Emit(TrainingWatchEvent happened, WorkFeed feed)
    {
        foreach (string warning in happened.Model?.Warnings ?? [])
            feed.Warn(warning);
        if (happened.Error is { } error)
            feed.Error(error, happened.Folder);
        else
            feed.Output((object?)happened.Model ?? happened.Artifact!);
    }

    private RegisterRequest Record(string path) => new()
    {
        Path = path,
        BaseModel = BaseModel,
        Role = Role,
        Group = Group,
        Version = Version,
        Location = Location,
        Tags = Tag,
        Notes = Notes,
    };
}
