using HafsModels.Registry.Json;

namespace HafsModels.Registry;

/// <summary>
/// Makes a registry load in hafs again. Nothing is thrown away: what hafs cannot have moves to the sidecar, under keys that tell where it was.
/// </summary>
internal static class RegistryRepair
{
    /// <summary>In an entry of the sidecar (and at its top): values taken out of the record (of the file).</summary>
    public const string Moved = "moved_keys";

    /// <summary>In an entry of the sidecar: earlier records of the same id.</summary>
    public const string Shadowed = "shadowed_records";

    // hafs writes these three and drops every other one.
    private static readonly string[] TopKeys = ["version", "updated_at", "models"];

    public static void Apply(RegistryEdit edit)
    {
        var records = new List<JsonMember>();
        JsonObject original = edit.Records;
        for (int i = 0; i < original.Members.Length; i++)
        {
            JsonMember member = original.Members[i];
            JsonObject entry = edit.Entry(member.Name);
            if (original.IndexOf(member.Name) != i || member.Value is not JsonObject record)
                edit.SetEntry(member.Name, Push(entry, Shadowed, member.Value));
            else
                records.Add(member with { Value = Record(edit, member.Name, record) });
        }

        foreach (JsonMember top in edit.Main.Members.Where(m => !TopKeys.Contains(m.Name)))
            edit.SetSidecar(Move(edit.Sidecar, top.Name, top.Value));

        // Always another object, so that a byte order mark alone is reason enough to write.
        JsonObject models = new([.. records]);
        edit.SetMain(new JsonObject([
            new("version", edit.Main["version"] ?? JsonScalar.Text("1.0")),
            new("updated_at", edit.Main["updated_at"] ?? JsonScalar.Text("")),
            new("models", models)]));
    }

    /// <summary>What a repair mends; other problems (orphans, a later version) are told and left.</summary>
    public static bool Mends(RegistryProblem problem) => problem.Kind
        is RegistryProblemKind.ByteOrderMark or RegistryProblemKind.MissingKey or RegistryProblemKind.UnknownKey or RegistryProblemKind.DuplicateId
        or RegistryProblemKind.IdMismatch or RegistryProblemKind.NotARecord or RegistryProblemKind.SidecarDamaged
        || (problem.Kind == RegistryProblemKind.WrongType && RecordKeys.Positions.ContainsKey(problem.Key ?? ""));

    private static JsonObject Record(RegistryEdit edit, string id, JsonObject record)
    {
        foreach (JsonMember member in record.Members)
        {
            bool known = RecordKeys.Positions.TryGetValue(member.Name, out int position);
            bool twice = record.Members.Count(m => m.Name == member.Name) > 1;
            bool otherId = member.Name == "model_id" && !(member.Value is JsonScalar { IsString: true } text && JsonText.Unquote(text.Raw) == id);
            if (known && !twice && !otherId && RegistryCheck.Fits(RecordKeys.All[position].Default, member.Value))
                continue;
            JsonItem last = record[member.Name] ?? member.Value;
            edit.SetEntry(id, Move(edit.Entry(id), member.Name, member.Value));
            record = record.Without(member.Name);
            if (known && twice && !otherId && RegistryCheck.Fits(RecordKeys.All[position].Default, last))
                record = record.With(member.Name, last);
        }

        return ModelRecord.Complete(id, record);
    }

    // A value under a key that was moved before goes behind it, so that neither is lost.
    private static JsonObject Move(JsonObject entry, string key, JsonItem value)
    {
        JsonObject moved = entry[Moved] as JsonObject ?? JsonObject.Empty;
        string name = key;
        for (int i = 2; moved[name] is { } there && JsonText.Write(there) != JsonText.Write(value); i++)
            name = FormattableString.Invariant($"{key} ({i})");
        return entry.With(Moved, moved.With(name, value));
    }

    private static JsonObject Push(JsonObject entry, string list, JsonItem value) =>
        entry.With(list, new JsonList((entry[list] as JsonList ?? JsonList.Empty).Items.Add(value)));
}
