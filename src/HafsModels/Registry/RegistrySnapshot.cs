using System.Collections.ObjectModel;
using HafsModels.Registry.Json;

namespace HafsModels.Registry;

/// <summary>A registry as it was at one moment: both files parsed, the models built once on demand. Immutable.</summary>
internal sealed class RegistrySnapshot
{
    private readonly Lazy<(Dictionary<string, Model> ById, ReadOnlyCollection<Model> Sorted)> models;
    private readonly Lazy<ReadOnlyCollection<RegistryProblem>> problems;

    /// <summary>Takes a moment.</summary>
    /// <param name="path">The registry file.</param>
    /// <param name="main">Its content.</param>
    /// <param name="sidecar">The sidecar's content; null when it cannot be read.</param>
    /// <param name="fileProblems">What was found while the files were decoded.</param>
    public RegistrySnapshot(string path, JsonObject main, JsonObject? sidecar, IReadOnlyList<RegistryProblem> fileProblems)
    {
        Path = path;
        Main = main;
        Sidecar = sidecar;
        models = new(BuildModels);
        problems = new(() => new([.. fileProblems, .. RegistryCheck.Run(this)]));
    }

    public string Path { get; }

    public JsonObject Main { get; }

    public JsonObject? Sidecar { get; }

    public JsonObject Records => Main["models"] as JsonObject ?? JsonObject.Empty;

    public JsonObject Entries => Sidecar?["models"] as JsonObject ?? JsonObject.Empty;

    /// <summary>All models, ordered by id.</summary>
    public ReadOnlyCollection<Model> Models => models.Value.Sorted;

    public ReadOnlyCollection<RegistryProblem> Problems => problems.Value;

    public Model? Find(string id) => models.Value.ById.GetValueOrDefault(id);

    /// <summary>The id an alias of a family means, or null.</summary>
    public string? Alias(string family, string alias) => Text((Sidecar?[RegistrySidecar.Aliases] as JsonObject)?[family] is JsonObject aliases ? aliases[alias] : null);

    /// <summary>The model of a record, with what the sidecar says about it.</summary>
    public static Model Build(string path, string id, JsonObject record, JsonObject? sidecar)
    {
        Model model = ModelRecord.Read(id, record, path);
        JsonObject? entry = (sidecar?["models"] as JsonObject)?[id] as JsonObject;
        string family = Text(entry?[RegistrySidecar.Family]) ?? id;
        if ((sidecar?[RegistrySidecar.Aliases] as JsonObject)?[family] is JsonObject aliases)
            model = model with { Aliases = new ReadOnlyCollection<string>([.. aliases.Members.Where(a => Text(a.Value) == id).Select(a => a.Name)]) };
        if (entry is null)
            return model;
        ReadOnlyCollection<ModelDeployment> deployments =
            new([.. RegistrySidecar.Read(entry, RegistrySidecar.Deployments, SidecarJson.Default.ModelDeployment).Select(d => d with { ModelId = id, Registry = path })]);
        return ModelAbout.Read(model, entry) with
        {
            Artifacts = new ReadOnlyCollection<Artifact>(
                [.. RegistrySidecar.Read(entry, RegistrySidecar.Artifacts, SidecarJson.Default.Artifact).Select(a => a with { ModelId = id, Registry = path })]),
            Deployments = deployments,
            Family = family,
            Parents = new ReadOnlyCollection<ModelParent>([.. RegistrySidecar.Read(entry, RegistrySidecar.Parents, SidecarJson.Default.ModelParent)]),

            // The sidecar is written first: between the two writes it knows of a deployment that the record does not show yet.
            DeployedBackends = Union(model.DeployedBackends, deployments),
        };
    }

    private (Dictionary<string, Model> ById, ReadOnlyCollection<Model> Sorted) BuildModels()
    {
        var byId = new Dictionary<string, Model>(Records.Members.Length, StringComparer.Ordinal);
        foreach (JsonMember member in Records.Members)
            if (member.Value is JsonObject record)
                byId[member.Name] = Build(Path, member.Name, record, Sidecar);
        Model[] sorted = [.. byId.Values];
        Array.Sort(sorted, (a, b) => string.CompareOrdinal(a.Id, b.Id));
        return (byId, new ReadOnlyCollection<Model>(sorted));
    }

    private static string? Text(JsonItem? item) => item is JsonScalar { IsString: true } text ? JsonText.Unquote(text.Raw) : null;

    private static IReadOnlyList<string> Union(IReadOnlyList<string> backends, ReadOnlyCollection<ModelDeployment> deployments)
    {
        string[] missing = [.. deployments.Select(d => BackendName.ToHafs(d.Backend)).Except(backends)];
        return missing.Length == 0 ? backends : new ReadOnlyCollection<string>([.. backends, .. missing]);
    }
}
