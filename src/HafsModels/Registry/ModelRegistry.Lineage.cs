using HafsModels.Registry.Json;

namespace HafsModels.Registry;

/// <content>Versions, aliases and where models came from; all of it in the sidecar, since hafs has no place for it.</content>
public sealed partial class ModelRegistry
{
    private const int MaxAncestors = 1000;

    /// <summary>Models of a family, oldest version first.</summary>
    public IReadOnlyList<Model> Versions(string family) => ModelReference.Versions(store.Read(), family);

    /// <summary>Makes a model a version of a family. Its aliases in the family it leaves end.</summary>
    /// <param name="id">The model.</param>
    /// <param name="family">The family; null for one of its own.</param>
    /// <param name="cancellationToken">Ends the wait for other writers.</param>
    public Model SetFamily(string id, string? family, CancellationToken cancellationToken) => store.Change(
        edit =>
        {
            Model model = edit.Model(id);
            if (model.Family == (family ?? id))
                return model;
            if (family is not null)
                ModelId.Validate(family);
            DropAliases(edit, id);
            JsonObject entry = edit.Entry(id);
            edit.SetEntry(id, family is null || family == id ? entry.Without(RegistrySidecar.Family) : entry.With(RegistrySidecar.Family, JsonScalar.Text(family)));
            return edit.Model(id);
        },
        cancellationToken);

    /// <summary>Lets a name such as <c>production</c> mean a model within its family, instead of the one it meant before.</summary>
    public Model SetAlias(string id, string alias, CancellationToken cancellationToken)
    {
        ModelId.Validate(alias);
        if (alias == ModelReference.Latest || new ModelVersion(alias).IsNumeric)
            throw new HafsException(ErrorKind.InvalidArgument, "AliasReserved", $"'{alias}' cannot be an alias: it reads as a version.", alias, "Use a name such as production or candidate.");
        return store.Change(
            edit =>
            {
                Model model = edit.Model(id);
                JsonObject all = edit.Sidecar[RegistrySidecar.Aliases] as JsonObject ?? JsonObject.Empty;
                JsonObject own = all[model.Family] as JsonObject ?? JsonObject.Empty;
                if (!model.Aliases.Contains(alias))
                    edit.SetSidecar(edit.Sidecar.With(RegistrySidecar.Aliases, all.With(model.Family, own.With(alias, JsonScalar.Text(id)))));
                return edit.Model(id);
            },
            cancellationToken);
    }

    /// <summary>Ends an alias.</summary>
    /// <returns>Whether there was one.</returns>
    public bool RemoveAlias(string family, string alias, CancellationToken cancellationToken) => store.Change(
        edit =>
        {
            if (edit.Sidecar[RegistrySidecar.Aliases] is not JsonObject all || all[family] is not JsonObject own || own[alias] is null)
                return false;
            edit.SetSidecar(edit.Sidecar.With(RegistrySidecar.Aliases, all.With(family, own.Without(alias))));
            return true;
        },
        cancellationToken);

    /// <summary>Records what a model came from, in place of an earlier parent of the same kind and reference.</summary>
    public Model AddParent(string id, ModelParent parent, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(parent);
        return store.Change(
            edit =>
            {
                if (!edit.Model(id).Parents.Contains(parent))
                    edit.SetEntry(id, RegistrySidecar.Add(edit.Entry(id), RegistrySidecar.Parents, parent, SidecarJson.Default.ModelParent, p => p.Kind == parent.Kind && p.Reference == parent.Reference));
                return edit.Model(id);
            },
            cancellationToken);
    }

    /// <summary>Forgets what a model came from.</summary>
    /// <returns>Whether it was recorded.</returns>
    public bool RemoveParent(string id, string reference, CancellationToken cancellationToken) => store.Change(
        edit =>
        {
            edit.Record(id);
            edit.SetEntry(id, RegistrySidecar.Remove(edit.Entry(id), RegistrySidecar.Parents, SidecarJson.Default.ModelParent, p => p.Reference == reference));
            return edit.SidecarChanged;
        },
        cancellationToken);

    /// <summary>
    /// Everything a model came from, as far back as models are registered, then what was made from it. A base model counts as the registered
    /// one when its reference names one or is the path of one.
    /// </summary>
    public IReadOnlyList<LineageLink> Lineage(string id)
    {
        RegistrySnapshot snapshot = store.Read();
        Model model = Get(id);
        var links = new List<LineageLink>();
        var seen = new HashSet<string>(StringComparer.Ordinal) { model.Id };
        var open = new Queue<Model>([model]);
        while (open.TryDequeue(out Model? child) && seen.Count <= MaxAncestors)
        {
            foreach (ModelParent parent in AllParents(child))
            {
                Model? known = parent.Kind == ModelParentKind.Dataset ? null : ModelReference.Find(snapshot, parent.Reference) ?? snapshot.Models.FirstOrDefault(m => m.Path.Length > 0 && SamePath(m.Path, parent.Reference));
                string from = known?.Id ?? parent.Reference;
                if (from == child.Id)
                    continue;
                links.Add(new LineageLink(from, child.Id, parent.Kind.ToString().ToLowerInvariant(), known?.Version ?? ""));
                if (known is not null && seen.Add(known.Id))
                    open.Enqueue(known);
            }
        }

        links.AddRange(model.Artifacts.Select(a => new LineageLink(model.Id, a.Path, "artifact", a.Quantization)));
        links.AddRange(model.Deployments.Select(d => new LineageLink(model.Artifacts.Any(a => SamePath(a.Path, d.ArtifactPath)) ? d.ArtifactPath : model.Id, $"{d.Backend}:{d.Name}", "deployment", d.Quantization)));
        return links;
    }

    private static IEnumerable<ModelParent> AllParents(Model model)
    {
        IEnumerable<ModelParent> recorded = [new(ModelParentKind.Base, model.BaseModel), new(ModelParentKind.Dataset, model.DatasetName), new(ModelParentKind.Checkpoint, model.CheckpointPath ?? "")];
        return model.Parents.Concat(recorded.Where(p => p.Reference.Length > 0)).DistinctBy(p => (p.Kind, p.Reference));
    }

    private static void DropAliases(RegistryEdit edit, string id)
    {
        if (edit.Sidecar[RegistrySidecar.Aliases] is not JsonObject all)
            return;
        var kept = all.Members.Select(m => m.Value is JsonObject own
            ? m with { Value = new JsonObject([.. own.Members.Where(a => !(a.Value is JsonScalar { IsString: true } text && JsonText.Unquote(text.Raw) == id))]) }
            : m);
        JsonObject left = new([.. kept]);
        if (JsonText.Write(left) != JsonText.Write(all))
            edit.SetSidecar(edit.Sidecar.With(RegistrySidecar.Aliases, left));
    }
}
