namespace HafsModels.Registry;

/// <summary>
/// Finds what a name means: an id; <c>family@version</c> (<c>chatbot@v1.2.0</c>; <c>chatbot@v1</c> is the newest 1.x unless a version is
/// just v1); <c>family@alias</c> (<c>chatbot@production</c>); <c>family@latest</c>, or the family alone when no model has that id.
/// </summary>
internal static class ModelReference
{
    public const string Latest = "latest";

    /// <summary>The model, or null.</summary>
    public static Model? Find(RegistrySnapshot snapshot, string reference)
    {
        if (snapshot.Find(reference) is { } exact)
            return exact;
        string[] parts = reference.Split('@');
        if (parts.Length > 2)
            return null;
        string family = parts[0], label = parts.Length == 2 ? parts[1] : Latest;
        if (snapshot.Alias(family, label) is { } id && snapshot.Find(id) is { } aliased)
            return aliased;
        Model[] versions = Versions(snapshot, family);
        if (versions.Length == 0)
            return null;
        if (label == Latest)
            return versions[^1];
        var wanted = new ModelVersion(label);
        return versions.LastOrDefault(m => m.Version == label)
            ?? versions.LastOrDefault(m => wanted.IsNumeric && new ModelVersion(m.Version).CompareTo(wanted) == 0 && Parts(m.Version) == Parts(label))
            ?? versions.LastOrDefault(m => new ModelVersion(m.Version).LiesWithin(wanted));
    }

    /// <summary>Models of a family, oldest version first; equal versions by the time of registration.</summary>
    public static Model[] Versions(RegistrySnapshot snapshot, string family) =>
        [.. snapshot.Models.Where(m => m.Family == family).OrderBy(m => new ModelVersion(m.Version)).ThenBy(m => m.CreatedAt, StringComparer.Ordinal)];

    private static int Parts(string label) => label.Split('-')[0].Split('.').Length;
}
