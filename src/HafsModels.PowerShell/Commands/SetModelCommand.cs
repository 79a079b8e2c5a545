using System.Collections;
using System.Management.Automation;
using HafsModels.PowerShell.Completion;
using HafsModels.Registry;

namespace HafsModels.PowerShell.Commands;

/// <summary><c>Set-Model</c>: changes what the registry says about a model. What is not given stays.</summary>
[Cmdlet(VerbsCommon.Set, "Model", SupportsShouldProcess = true)]
[OutputType(typeof(Model))]
public sealed class SetModelCommand : RegistryCmdlet
{
    /// <summary>Id of the model.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, HelpMessage = "Id of a registered model.")]
    [Alias("ModelId")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ModelIdCompleter))]
    public string Id { get; set; } = "";

    /// <summary>New name for people.</summary>
    [Parameter(HelpMessage = "Name for people.")]
    [ValidateNotNull]
    public string? DisplayName { get; set; }

    /// <summary>New base model.</summary>
    [Parameter(HelpMessage = "Base model.")]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(BaseModelCompleter))]
    public string? BaseModel { get; set; }

    /// <summary>New role.</summary>
    [Parameter(HelpMessage = "Role.")]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(RoleCompleter))]
    public string? Role { get; set; }

    /// <summary>New group.</summary>
    [Parameter(HelpMessage = "Group.")]
    [ValidateNotNull]
    public string? Group { get; set; }

    /// <summary>New version label.</summary>
    [Parameter(HelpMessage = "Version label.")]
    [ValidateNotNull]
    public string? Version { get; set; }

    /// <summary>Who made it; ConvertTo-Gguf writes it as general.author.</summary>
    [Parameter(HelpMessage = "Who made it.")]
    [ValidateNotNull]
    public string? Author { get; set; }

    /// <summary>Licence, an SPDX identifier at best; ConvertTo-Gguf writes it as general.license.</summary>
    [Parameter(HelpMessage = "Licence, such as mit.")]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(LicenseCompleter))]
    public string? License { get; set; }

    /// <summary>What it is; ConvertTo-Gguf writes it as general.description.</summary>
    [Parameter(HelpMessage = "What it is.")]
    [ValidateNotNull]
    public string? Description { get; set; }

    /// <summary>Commit of the code it was trained with.</summary>
    [Parameter(HelpMessage = "Commit of the training code.")]
    [ValidateNotNull]
    public string? GitCommit { get; set; }

    /// <summary>New free text.</summary>
    [Parameter(HelpMessage = "Free text.")]
    [ValidateNotNull]
    public string? Notes { get; set; }

    /// <summary>The labels, in place of those it has.</summary>
    [Parameter(HelpMessage = "Labels, in place of those it has.")]
    [AllowEmptyCollection]
    [ArgumentCompleter(typeof(TagCompleter))]
    public string[]? Tag { get; set; }

    /// <summary>Labels to add.</summary>
    [Parameter(HelpMessage = "Labels to add.")]
    [ArgumentCompleter(typeof(TagCompleter))]
    public string[] AddTag { get; set; } = [];

    /// <summary>Labels to take away.</summary>
    [Parameter(HelpMessage = "Labels to take away.")]
    [ArgumentCompleter(typeof(TagCompleter))]
    public string[] RemoveTag { get; set; } = [];

    /// <summary>Folder of the checkpoint, after it was moved.</summary>
    [Parameter(HelpMessage = "Folder of the checkpoint, after it was moved.")]
    [Alias("LiteralPath")]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <summary>Paths by location, such as @{ mac = '/Volumes/models/zelda' }; added to those it has. An empty path takes a location away.</summary>
    [Parameter(HelpMessage = "Paths by location to add; an empty path takes one away.")]
    public Hashtable? LocationPath { get; set; }

    /// <summary>Location where the original lies.</summary>
    [Parameter(HelpMessage = "Location where the original lies.")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(LocationCompleter))]
    public string? PrimaryLocation { get; set; }

    /// <summary>Family of which the model is a version; its own id takes it out of a family. Aliases it has in the family it leaves end.</summary>
    [Parameter(HelpMessage = "Family of which the model is a version.")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(FamilyCompleter))]
    public string? Family { get; set; }

    /// <summary>Names such as production that mean this model within its family from now on (chatbot@production).</summary>
    [Parameter(HelpMessage = "Names that mean this model within its family, such as production.")]
    public string[] AddAlias { get; set; } = [];

    /// <summary>Names that end.</summary>
    [Parameter(HelpMessage = "Names within its family that end.")]
    public string[] RemoveAlias { get; set; } = [];

    /// <summary>What the model came from, such as @{ Adapter = 'kjv-llama-lora'; Merge = 'a', 'b' }. Kinds are Base, Dataset, Adapter, Merge and Checkpoint; references are model ids, names, paths or addresses.</summary>
    [Parameter(HelpMessage = "What the model came from: kind = reference.")]
    public Hashtable? AddParent { get; set; }

    /// <summary>References of parents to forget.</summary>
    [Parameter(HelpMessage = "References of parents to forget.")]
    public string[] RemoveParent { get; set; } = [];

    /// <summary>Returns the changed model.</summary>
    [Parameter(HelpMessage = "Return the changed model.")]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => ForItem(Id, () =>
    {
        Workbench workbench = Workbench();
        string id = workbench.Get(Id).Id;
        string[] changes = [.. Changes.Where(c => MyInvocation.BoundParameters.ContainsKey(c))];
        if (changes.Length == 0)
            throw new HafsException(ErrorKind.InvalidArgument, "NothingToChange", $"{id}: no change was asked for", id, "Give at least one of -" + string.Join(", -", Changes) + ".");
        if (!ShouldProcess($"{id} in {workbench.RegistryPath}", $"Set {string.Join(", ", changes)}"))
            return;
        string? path = FullPath(Path);
        Perform(feed =>
        {
            workbench.Update(id, model => Change(model, path), feed.Stop);
            ChangeHistory(workbench.Registry, id, feed.Stop);
            if (PassThru)
                feed.Output(workbench.Get(id));
        });
    });

    private static readonly string[] Changes =
    [
        nameof(DisplayName), nameof(BaseModel), nameof(Role), nameof(Group), nameof(Version), nameof(Author), nameof(License), nameof(Description), nameof(GitCommit), nameof(Notes), nameof(Tag), nameof(AddTag), nameof(RemoveTag),
        nameof(Path), nameof(LocationPath), nameof(PrimaryLocation), nameof(Family), nameof(AddAlias), nameof(RemoveAlias), nameof(AddParent), nameof(RemoveParent),
    ];

    private void ChangeHistory(ModelRegistry registry, string id, CancellationToken stop)
    {
        if (Family is not null)
            registry.SetFamily(id, Family, stop);
        foreach (string alias in AddAlias)
            registry.SetAlias(id, alias, stop);
        foreach (string alias in RemoveAlias)
            registry.RemoveAlias(registry.Get(id).Family, alias, stop);
        foreach (string reference in RemoveParent)
            registry.RemoveParent(id, reference, stop);
        foreach (ModelParent parent in Parents())
            registry.AddParent(id, parent, stop);
    }

    private IEnumerable<ModelParent> Parents()
    {
        foreach (DictionaryEntry entry in AddParent ?? [])
        {
            string kind = Plain.Text(entry.Key);
            if (!Enum.TryParse(kind, ignoreCase: true, out ModelParentKind parsed) || !Enum.IsDefined(parsed))
                throw new HafsException(ErrorKind.InvalidArgument, "UnknownParentKind", $"'{kind}' is no kind of parent", kind, "Kinds: " + string.Join(", ", Enum.GetNames<ModelParentKind>()) + ".");
            foreach (object? reference in Plain.Value(entry.Value) is object[] several ? several : new object?[] { entry.Value })
                yield return new ModelParent(parsed, Plain.Text(reference));
        }
    }

    private Model Change(Model model, string? path) => model with
    {
        DisplayName = DisplayName ?? model.DisplayName,
        BaseModel = BaseModel ?? model.BaseModel,
        Role = Role ?? model.Role,
        Group = Group ?? model.Group,
        Version = Version ?? model.Version,
        Author = Author ?? model.Author,
        License = License ?? model.License,
        Description = Description ?? model.Description,
        GitCommit = GitCommit is null ? model.GitCommit : GitCommit.Length == 0 ? null : GitCommit,
        Notes = Notes ?? model.Notes,
        Tags = [.. (Tag ?? model.Tags).Concat(AddTag).Distinct(StringComparer.Ordinal).Except(RemoveTag, StringComparer.OrdinalIgnoreCase)],
        Path = path ?? model.Path,
        Locations = Locations(model.Locations),
        PrimaryLocation = PrimaryLocation ?? model.PrimaryLocation,
    };

    private Dictionary<string, string> Locations(IReadOnlyDictionary<string, string> before)
    {
        var locations = before.ToDictionary(StringComparer.Ordinal);
        foreach (DictionaryEntry entry in LocationPath ?? [])
        {
            string name = Plain.Text(entry.Key), place = Plain.Text(entry.Value);
            if (place.Length == 0)
                locations.Remove(name);
            else
                locations[name] = place;
        }

        return locations;
    }
}
