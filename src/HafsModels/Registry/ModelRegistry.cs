using System.Diagnostics.CodeAnalysis;

namespace HafsModels.Registry;

/// <summary>
/// The registry of models: hafs' <c>registry.json</c>, and beside it what hafs has no place for. Every change is made under a lock between
/// processes, as a whole or not at all, and keeps a backup. Instances may be shared between threads.
/// </summary>
public sealed partial class ModelRegistry
{
    private const int MaxTests = 1000;
    private static readonly TimeSpan LockTimeout = TimeSpan.FromSeconds(30);

    private readonly IRegistryStore store;

    private ModelRegistry(IRegistryStore store) => this.store = store;

    /// <summary>Full path of the registry file, or the registry's address without a password.</summary>
    public string Path => store.Location;

    /// <summary>What in the registry hafs would stumble over, for front ends to warn about.</summary>
    public IReadOnlyList<RegistryProblem> Problems => store.Read().Problems;

    /// <summary>Opens a registry; nothing is read or made before it is needed.</summary>
    /// <param name="path">Its file, or <c>postgres://USER@HOST:PORT/DATABASE</c>; null for <c>HAFS_REGISTRY</c>, else <c>~/.context/models/registry.json</c>.</param>
    public static ModelRegistry Open(string? path = null) => Open(path, LockTimeout);

    internal static ModelRegistry Open(string? path, TimeSpan lockTimeout) => new(RegistryPath.Store(path, lockTimeout));

    /// <summary>Models that match, ordered by id.</summary>
    public IReadOnlyList<Model> Find(ModelQuery query)
    {
        ArgumentNullException.ThrowIfNull(query);
        RegistrySnapshot snapshot = store.Read();
        return ModelFilter.Apply(query with { Ids = [.. query.Ids.Select(id => id.Contains('@', StringComparison.Ordinal) ? ModelReference.Find(snapshot, id)?.Id ?? id : id)] }, snapshot.Models);
    }

    /// <summary>One model, by its id, or as <c>family@version</c>, <c>family@alias</c> or <c>family@latest</c>.</summary>
    /// <exception cref="HafsException"><see cref="ErrorKind.NotFound"/>, with the nearest ids as the hint.</exception>
    public Model Get(string id) => TryGet(id, out Model? model) ? model : throw RegistryEdit.NotFound(id, Path, store.Read().Models.Select(m => m.Id));

    /// <summary>One model, if it is registered; named as for <see cref="Get"/>.</summary>
    public bool TryGet(string id, [NotNullWhen(true)] out Model? model)
    {
        ArgumentNullException.ThrowIfNull(id);
        model = ModelReference.Find(store.Read(), id);
        return model is not null;
    }

    /// <summary>Registers a model.</summary>
    /// <param name="model">The model; times that are empty become now.</param>
    /// <param name="force">Replace the values of a record that has the id already; what was made from it and where it lies and runs stays known.</param>
    /// <param name="cancellationToken">Ends the wait for other writers.</param>
    /// <exception cref="HafsException"><see cref="ErrorKind.AlreadyExists"/>, or <see cref="ErrorKind.InvalidArgument"/> for an id that cannot be.</exception>
    public Model Add(Model model, bool force, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(model);
        return store.Change(
            edit =>
            {
                bool exists = edit.Records.IndexOf(model.Id) >= 0;
                if (exists && !force)
                    throw new HafsException(ErrorKind.AlreadyExists, "ModelExists", $"'{model.Id}' is registered already in {Path}.", model.Id, "Replace it with force, or choose another id.");
                if (exists && edit.Records[model.Id] is Json.JsonObject)
                {
                    edit.Change(model.Id, was => Replace(was, model));
                    return AddOrigin(edit, model);
                }

                ModelId.Validate(model.Id);
                string now = LocalTime.Now();
                edit.SetRecord(model.Id, ModelRecord.Create(model with { CreatedAt = model.CreatedAt.Length > 0 ? model.CreatedAt : now, UpdatedAt = now }));
                if (model.Family.Length > 0 && model.Family != model.Id)
                {
                    ModelId.Validate(model.Family);
                    edit.SetEntry(model.Id, edit.Entry(model.Id).With(RegistrySidecar.Family, Json.JsonScalar.Text(model.Family)));
                }

                return AddOrigin(edit, model);
            },
            cancellationToken);
    }

    /// <summary>Changes the record of a model. What is not changed keeps its place and its spelling in the file.</summary>
    /// <param name="id">The model.</param>
    /// <param name="change">Makes the new state from the latest one; may be called again when another program wrote meanwhile.</param>
    /// <param name="cancellationToken">Ends the wait for other writers.</param>
    public Model Update(string id, Func<Model, Model> change, CancellationToken cancellationToken) =>
        store.Change(edit => edit.Change(id, change), cancellationToken);

    /// <summary>Removes a model and its history from the registry; no file of the model is touched.</summary>
    /// <returns>The model as it was, with its artifacts.</returns>
    public Model Remove(string id, CancellationToken cancellationToken) => store.Change(
        edit =>
        {
            Model model = edit.Model(id);
            edit.Remove(id);
            DropAliases(edit, id);
            return model;
        },
        cancellationToken);

    /// <summary>Records a file made from a model, in place of an earlier one at the same path.</summary>
    public Artifact AddArtifact(Artifact artifact, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(artifact);
        string id = artifact.ModelId;
        return store.Change(
            edit =>
            {
                edit.Change(id, m => m.Formats.Contains(artifact.Format, StringComparer.Ordinal) ? m : m with { Formats = [.. m.Formats, artifact.Format] });
                edit.SetEntry(id, RegistrySidecar.Add(edit.Entry(id), RegistrySidecar.Artifacts, artifact, SidecarJson.Default.Artifact, a => SamePath(a.Path, artifact.Path)));
                return artifact with { Registry = Path };
            },
            cancellationToken);
    }

    /// <summary>Forgets an artifact; the file stays.</summary>
    /// <returns>Whether it was recorded.</returns>
    public bool RemoveArtifact(string id, string path, CancellationToken cancellationToken) => store.Change(
        edit =>
        {
            edit.Record(id);
            edit.SetEntry(id, RegistrySidecar.Remove(edit.Entry(id), RegistrySidecar.Artifacts, SidecarJson.Default.Artifact, a => SamePath(a.Path, path)));
            return edit.SidecarChanged;
        },
        cancellationToken);

    /// <summary>Records a deployment that its backend confirmed, in place of an earlier one of the same backend and name.</summary>
    public ModelDeployment AddDeployment(ModelDeployment deployment, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(deployment);
        string id = deployment.ModelId, backend = BackendName.ToHafs(deployment.Backend);
        return store.Change(
            edit =>
            {
                edit.Change(id, m => m with
                {
                    DeployedBackends = m.DeployedBackends.Contains(backend) ? m.DeployedBackends : [.. m.DeployedBackends, backend],
                    OllamaModelName = backend == "ollama" ? deployment.Name : m.OllamaModelName,
                    HalextNodeId = backend == "halext-node" ? deployment.Name : m.HalextNodeId,
                });
                edit.SetEntry(id, RegistrySidecar.Add(edit.Entry(id), RegistrySidecar.Deployments, deployment, SidecarJson.Default.ModelDeployment, d => Same(d, deployment.Backend, deployment.Name)));
                return deployment with { Registry = Path };
            },
            cancellationToken);
    }

    /// <summary>Forgets a deployment.</summary>
    /// <param name="id">The model.</param>
    /// <param name="backend">The backend.</param>
    /// <param name="name">The name there; null for all of that backend.</param>
    /// <param name="cancellationToken">Ends the wait for other writers.</param>
    /// <returns>Whether one was recorded.</returns>
    public bool RemoveDeployment(string id, string backend, string? name, CancellationToken cancellationToken) => store.Change(
        edit =>
        {
            Model before = edit.Model(id);
            edit.SetEntry(id, RegistrySidecar.Remove(edit.Entry(id), RegistrySidecar.Deployments, SidecarJson.Default.ModelDeployment, d => Same(d, backend, name)));
            string hafs = BackendName.ToHafs(backend);
            var left = edit.Model(id).Deployments.Where(d => BackendName.Same(d.Backend, backend)).ToList();
            bool known = before.DeployedBackends.Contains(hafs);
            if (left.Count == 0 && known && (name is null || edit.SidecarChanged))
                edit.Change(id, m => m with
                {
                    DeployedBackends = [.. m.DeployedBackends.Where(b => b != hafs)],
                    OllamaModelName = hafs == "ollama" ? null : m.OllamaModelName,
                    HalextNodeId = hafs == "halext-node" ? null : m.HalextNodeId,
                });
            return edit.MainChanged || edit.SidecarChanged;
        },
        cancellationToken);

    /// <summary>Records the result of a deployment test; the latest 1,000 of a model are kept.</summary>
    public DeploymentTest AddTest(DeploymentTest test, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(test);
        return store.Change(
            edit =>
            {
                edit.Record(test.ModelId);
                edit.SetEntry(test.ModelId, RegistrySidecar.Append(edit.Entry(test.ModelId), RegistrySidecar.Tests, test, SidecarJson.Default.DeploymentTest, MaxTests));
                return test;
            },
            cancellationToken);
    }

    /// <summary>Test results of a model, oldest first.</summary>
    public IReadOnlyList<DeploymentTest> Tests(string id)
    {
        Get(id);
        return [.. RegistrySidecar.Read(store.Read().Entries[id] as Json.JsonObject, RegistrySidecar.Tests, SidecarJson.Default.DeploymentTest).Select(t => t with { ModelId = id })];
    }

    /// <summary>Backups, newest first, each with what changed after it.</summary>
    public IReadOnlyList<RegistryBackup> Backups() => store.Backups();

    /// <summary>Makes a backup that is never dropped to make room.</summary>
    /// <param name="target">File to write; null for one among the other backups.</param>
    /// <param name="cancellationToken">Ends the wait for other writers.</param>
    /// <returns>The copy of the registry file; that of the sidecar lies beside it.</returns>
    public string Backup(string? target, CancellationToken cancellationToken) => store.Backup(target, cancellationToken);

    /// <summary>Goes back to a backup. The state before it is backed up in turn, damaged or not.</summary>
    /// <param name="from">The backup's registry file; null for the newest that can be read.</param>
    /// <param name="apply">False to learn only what would change.</param>
    /// <param name="cancellationToken">Ends the wait for other writers.</param>
    /// <returns>What changes by it.</returns>
    public IReadOnlyList<RegistryChange> Restore(string? from, bool apply, CancellationToken cancellationToken) => store.Restore(from, apply, cancellationToken);

    /// <summary>
    /// Makes the registry load in hafs again: missing keys are added, unknown keys and values of wrong types, shadowed records and entries
    /// that are none move to the sidecar, and a sidecar that cannot be read is exchanged for the newest backup of it.
    /// </summary>
    /// <param name="apply">False to learn only what would be mended.</param>
    /// <param name="cancellationToken">Ends the wait for other writers.</param>
    /// <returns>The problems that are mended.</returns>
    /// <exception cref="HafsException">The registry file itself cannot be read: restore a backup.</exception>
    public IReadOnlyList<RegistryProblem> Repair(bool apply, CancellationToken cancellationToken)
    {
        RegistryProblem[] mended = [.. Problems.Where(RegistryRepair.Mends)];
        if (!apply || mended.Length == 0)
            return mended;
        if (mended.Any(p => p.Kind == RegistryProblemKind.SidecarDamaged))
            store.RestoreSidecar(cancellationToken);
        store.Change(
            edit =>
            {
                if (edit.Before.Problems.Any(RegistryRepair.Mends))
                    RegistryRepair.Apply(edit);
                return true;
            },
            cancellationToken);
        return mended;
    }

    /// <summary>Copies everything to another registry: models, history, and the keys nobody here knows.</summary>
    /// <param name="destination">A path, or an address.</param>
    /// <param name="force">Replace what the destination holds.</param>
    /// <param name="apply">False to learn only what would change there.</param>
    /// <param name="cancellationToken">Ends the wait for other writers.</param>
    /// <returns>What changes in the destination.</returns>
    /// <exception cref="HafsException"><see cref="ErrorKind.AlreadyExists"/>: the destination holds models.</exception>
    public IReadOnlyList<RegistryChange> CopyTo(string destination, bool force, bool apply, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(destination);
        RegistrySnapshot source = store.Read();
        if (source.Sidecar is not { } sidecar)
            throw new HafsException(ErrorKind.InvalidData, "RegistrySidecarDamaged", source.Problems[0].Message, Path, "Repair it first: Repair-ModelRegistry (hafs registry repair).");
        ModelRegistry target = Open(destination);
        if (target.Path == Path)
            throw new HafsException(ErrorKind.InvalidArgument, "CopyOntoItself", $"{Path} cannot be copied onto itself", Path);
        RegistrySnapshot there = target.store.Read();
        if (apply && !force && there.Records.Members.Length > 0)
            throw new HafsException(ErrorKind.AlreadyExists, "RegistryNotEmpty", $"{target.Path} holds {there.Records.Members.Length} models already", target.Path, "Pass -Force (--force) to replace them; a backup is kept.");
        IReadOnlyList<RegistryChange> changes = RegistryDifference.Between(there, source);
        if (apply)
        {
            target.store.Change(
                edit =>
                {
                    edit.SetMain(source.Main);
                    edit.SetSidecar(sidecar);
                    return true;
                },
                cancellationToken);
        }

        return changes;
    }

    private static Model Replace(Model was, Model now) => now with
    {
        Formats = [.. now.Formats.Union(was.Formats)],
        Locations = was.Locations.Where(l => !now.Locations.ContainsKey(l.Key)).Concat(now.Locations).ToDictionary(StringComparer.Ordinal),
        DeployedBackends = [.. was.DeployedBackends.Union(now.DeployedBackends)],
        OllamaModelName = now.OllamaModelName ?? was.OllamaModelName,
        HalextNodeId = now.HalextNodeId ?? was.HalextNodeId,
        CreatedAt = was.CreatedAt,
        UpdatedAt = was.UpdatedAt,
        Artifacts = was.Artifacts,
        Deployments = was.Deployments,
        Family = was.Family,
        Aliases = was.Aliases,
        Parents = was.Parents,
        Registry = was.Registry,
    };

    private static Model AddOrigin(RegistryEdit edit, Model model)
    {
        Json.JsonObject entry = ModelAbout.Change(edit.Entry(model.Id), model);
        foreach (ModelParent parent in model.Parents)
            entry = RegistrySidecar.Add(entry, RegistrySidecar.Parents, parent, SidecarJson.Default.ModelParent, p => p.Kind == parent.Kind && p.Reference == parent.Reference);
        edit.SetEntry(model.Id, entry);
        return edit.Model(model.Id);
    }

    private static bool Same(ModelDeployment deployment, string backend, string? name) =>
        BackendName.Same(deployment.Backend, backend) && (name is null || deployment.Name == name);

    private static bool SamePath(string a, string b) => string.Equals(a, b, OperatingSystem.IsWindows() ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal);
}
