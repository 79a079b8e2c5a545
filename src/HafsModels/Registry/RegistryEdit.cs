using HafsModels.Registry.Json;

namespace HafsModels.Registry;

/// <summary>A registry while it is being changed, under its lock.</summary>
/// <param name="before">The registry as it was.</param>
internal sealed class RegistryEdit(RegistrySnapshot before)
{
    private readonly JsonObject sidecarBefore = before.Sidecar ?? throw new ArgumentException("The sidecar cannot be read.", nameof(before));

    public RegistrySnapshot Before { get; } = before;

    public JsonObject Main { get; private set; } = before.Main;

    public JsonObject Sidecar { get; private set; } = before.Sidecar;

    public bool MainChanged => !ReferenceEquals(Main, Before.Main);

    public bool SidecarChanged => !ReferenceEquals(Sidecar, sidecarBefore);

    public JsonObject Records => Main["models"] as JsonObject ?? JsonObject.Empty;

    public JsonObject Entries => Sidecar["models"] as JsonObject ?? JsonObject.Empty;

    /// <summary>The record of a model.</summary>
    /// <exception cref="HafsException"><see cref="ErrorKind.NotFound"/>, with the nearest ids as the hint.</exception>
    public JsonObject Record(string id) =>
        Records[id] as JsonObject ?? throw NotFound(id, Before.Path, Records.Members.Select(m => m.Name));

    /// <summary>What the sidecar holds for a model; empty when nothing.</summary>
    public JsonObject Entry(string id) => Entries[id] as JsonObject ?? JsonObject.Empty;

    public Model Model(string id) => RegistrySnapshot.Build(Before.Path, id, Record(id), Sidecar);

    public void SetRecord(string id, JsonObject record) => Main = Main.With("models", Records.With(id, record));

    public void SetEntry(string id, JsonObject entry)
    {
        if (!ReferenceEquals(entry, Entry(id)))
            Sidecar = Sidecar.With("models", Entries.With(id, entry));
    }

    public void SetMain(JsonObject main) => Main = main;

    public void SetSidecar(JsonObject sidecar) => Sidecar = sidecar;

    /// <summary>Forgets a model in both files.</summary>
    public void Remove(string id)
    {
        Main = Main.With("models", Records.Without(id));
        JsonObject without = Entries.Without(id);
        if (!ReferenceEquals(without, Entries))
            Sidecar = Sidecar.With("models", without);
    }

    /// <summary>Applies a change to the model of a record, and dates it when anything changed.</summary>
    public Model Change(string id, Func<Model, Model> change)
    {
        JsonObject record = Record(id);
        Model before = Model(id);
        Model after = change(before) ?? throw new HafsException(ErrorKind.InvalidArgument, "ModelMissing", $"The change of '{id}' returned nothing.", id);
        if (after.Id != id)
            throw new HafsException(ErrorKind.InvalidArgument, "ModelIdFixed", $"'{id}' cannot become '{after.Id}': an id stays.", id, "Register the model under the new id and remove the old one.");
        if (!ReferenceEquals(after.Artifacts, before.Artifacts) || !ReferenceEquals(after.Deployments, before.Deployments)
            || !ReferenceEquals(after.Aliases, before.Aliases) || !ReferenceEquals(after.Parents, before.Parents) || after.Family != before.Family)
            throw new HafsException(ErrorKind.InvalidArgument, "ModelHistoryFixed", $"Artifacts, deployments, family, aliases and parents of '{id}' have methods of their own; they do not change with the record.", id);
        // Compared with the record alone, so that backends only the sidecar knew of come into it.
        JsonObject changed = ModelRecord.Change(record, ModelRecord.Read(id, record, Before.Path), after);
        JsonObject entry = ModelAbout.Change(Entry(id), after);
        if (ReferenceEquals(changed, record) && ReferenceEquals(entry, Entry(id)))
            return before;
        if (after.UpdatedAt == before.UpdatedAt)
            changed = ModelRecord.Change(changed, after, after = after with { UpdatedAt = LocalTime.Now() });
        SetRecord(id, changed);
        SetEntry(id, entry);
        return after;
    }

    /// <summary>The registry file as it is written: dated, every record with its 36 keys.</summary>
    public JsonObject FinishMain()
    {
        JsonObject main = Main;
        if (main["version"] is null)
            main = main.Insert(0, "version", JsonScalar.Text("1.0"));
        JsonScalar now = JsonScalar.Text(LocalTime.Now());
        main = main["updated_at"] is null ? main.Insert(main.IndexOf("version") + 1, "updated_at", now) : main.With("updated_at", now);
        var records = Records.Members.Select(m => m.Value is JsonObject record ? m with { Value = ModelRecord.Complete(m.Name, record) } : m);
        return main.With("models", new JsonObject([.. records]));
    }

    /// <summary>The sidecar as it is written.</summary>
    public JsonObject FinishSidecar() => Sidecar.With("updated_at", JsonScalar.Text(LocalTime.Now()));

    public static HafsException NotFound(string id, string path, IEnumerable<string> ids) =>
        new(ErrorKind.NotFound, "ModelNotFound", $"No model '{id}' is registered in {path}.", id, NearestNames.Hint(id, ids));
}
