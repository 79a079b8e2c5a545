using System.Globalization;
using HafsModels.Registry.Json;

namespace HafsModels.Registry;

/// <summary>Finds what hafs would stumble over in a registry that can be read.</summary>
internal static class RegistryCheck
{
    /// <summary>Latest major version of either file that this program writes.</summary>
    public const int MajorVersion = 1;

    public static IEnumerable<RegistryProblem> Run(RegistrySnapshot snapshot)
    {
        if (IsFuture(snapshot.Main))
            yield return new(RegistryProblemKind.FutureVersion, null, "version", $"{snapshot.Path} has version {Version(snapshot.Main)}; this program writes version {MajorVersion}.x and leaves it as it is.");
        if (snapshot.Sidecar is { } sidecar && IsFuture(sidecar))
            yield return new(RegistryProblemKind.FutureVersion, null, "version", $"{RegistryPath.Sidecar(snapshot.Path)} has version {Version(sidecar)}; this program writes version {MajorVersion}.x and leaves it as it is.");

        foreach (JsonMember top in snapshot.Main.Members)
            if (top.Name is not ("version" or "updated_at" or "models"))
                yield return new(RegistryProblemKind.UnknownKey, null, top.Name, $"{snapshot.Path} has the key {top.Name}, which hafs drops when it writes. A repair moves it to the sidecar.");

        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (JsonMember member in snapshot.Records.Members)
        {
            if (!seen.Add(member.Name))
                yield return new(RegistryProblemKind.DuplicateId, member.Name, null, $"'{member.Name}' is registered twice; the last record counts.");
            if (member.Value is JsonObject record)
            {
                foreach (RegistryProblem problem in Check(member.Name, record))
                    yield return problem;
            }
            else
                yield return new(RegistryProblemKind.NotARecord, member.Name, null, $"'{member.Name}' is not a record and is not listed.");
        }

        foreach (JsonMember entry in snapshot.Entries.Members)
        {
            if (!seen.Contains(entry.Name))
                yield return new(RegistryProblemKind.Orphan, entry.Name, null, $"'{entry.Name}' is no longer registered; its history is kept in {Path.GetFileName(RegistryPath.Sidecar(snapshot.Path))}.");
            foreach (RegistryProblem problem in CheckEntry(entry.Name, entry.Value as JsonObject))
                yield return problem;
        }
    }

    /// <summary>Whether a file says it was written by a later major version.</summary>
    public static bool IsFuture(JsonObject file) =>
        int.TryParse(Version(file).Split('.')[0], NumberStyles.None, CultureInfo.InvariantCulture, out int major) && major > MajorVersion;

    private static IEnumerable<RegistryProblem> Check(string id, JsonObject record)
    {
        foreach (RecordKey key in RecordKeys.All)
        {
            JsonItem? value = record[key.Name];
            if (value is null)
            {
                if (RecordKeys.Positions[key.Name] < RecordKeys.Required)
                    yield return new(RegistryProblemKind.MissingKey, id, key.Name, $"'{id}' lacks {key.Name}; hafs loads no model at all until it is there. The next write adds it.");
            }
            else if (!Fits(key.Default, value))
                yield return new(RegistryProblemKind.WrongType, id, key.Name, $"'{id}': {key.Name} is {Kind(value)}; it is kept and not used.");
        }

        foreach (JsonMember member in record.Members)
            if (!RecordKeys.Positions.ContainsKey(member.Name))
                yield return new(RegistryProblemKind.UnknownKey, id, member.Name, $"'{id}' has the key {member.Name}, which hafs does not know: it loads no model at all. A repair moves it to the sidecar.");

        if (record["model_id"] is JsonScalar { IsString: true } named && JsonText.Unquote(named.Raw) is var inner && inner != id)
            yield return new(RegistryProblemKind.IdMismatch, id, "model_id", $"'{id}' calls itself '{inner}' in model_id; '{id}' counts.");
    }

    private static IEnumerable<RegistryProblem> CheckEntry(string id, JsonObject? entry)
    {
        var bad = new List<string>();
        foreach (var _ in RegistrySidecar.Read(entry, RegistrySidecar.Artifacts, SidecarJson.Default.Artifact, i => bad.Add($"{RegistrySidecar.Artifacts}[{i}]")))
        {
        }

        foreach (var _ in RegistrySidecar.Read(entry, RegistrySidecar.Deployments, SidecarJson.Default.ModelDeployment, i => bad.Add($"{RegistrySidecar.Deployments}[{i}]")))
        {
        }

        foreach (var _ in RegistrySidecar.Read(entry, RegistrySidecar.Tests, SidecarJson.Default.DeploymentTest, i => bad.Add($"{RegistrySidecar.Tests}[{i}]")))
        {
        }

        return bad.Select(key => new RegistryProblem(RegistryProblemKind.WrongType, id, key, $"'{id}': {key} of the sidecar cannot be read; it is kept and not used."));
    }

    /// <summary>Whether a value is of the type hafs expects where <paramref name="standard"/> is the default.</summary>
    public static bool Fits(object? standard, JsonItem value) => standard switch
    {
        // The keys that may be null are numbers and paths; both are told apart where they are read.
        null => value is JsonScalar,
        string => value is JsonScalar { IsString: true },
        long => value is JsonScalar { IsString: false, IsNull: false },
        IDictionary<string, object?> => value is JsonObject,
        _ => value is JsonList,
    };

    private static string Kind(JsonItem value) => value switch
    {
        JsonObject => "an object",
        JsonList => "a list",
        JsonScalar { IsString: true } => "text",
        JsonScalar { IsNull: true } => "null",
        _ => "a number or boolean",
    };

    private static string Version(JsonObject file) => file["version"] is JsonScalar scalar ? scalar.Raw.Trim('"') : "";

    /// <summary>Refuses to write to a registry whose sidecar cannot be read, or that a later version wrote.</summary>
    public static void EnsureWritable(RegistrySnapshot snapshot)
    {
        string sidecar = RegistryPath.Sidecar(snapshot.Path);
        if (snapshot.Sidecar is null)
            throw new HafsException(ErrorKind.InvalidData, "RegistrySidecarDamaged", $"{snapshot.Problems.First(p => p.Kind == RegistryProblemKind.SidecarDamaged).Message}", snapshot.Path, RegistryBackups.RestoreHint(snapshot.Path));
        foreach ((string file, JsonObject content) in new[] { (snapshot.Path, snapshot.Main), (sidecar, snapshot.Sidecar) })
            if (IsFuture(content))
                throw new HafsException(ErrorKind.Unsupported, "RegistryFromTheFuture", $"{file} has a later version than {MajorVersion}.x; it can be read, but not written.", snapshot.Path, "Use the program version that wrote it, or a later one.");
    }
}
