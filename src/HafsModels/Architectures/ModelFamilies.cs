using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using HafsModels.Formats.Gguf;

namespace HafsModels.Architectures;

/// <summary>All families, one embedded JSON file each.</summary>
public static class ModelFamilies
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web) { UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow };

    /// <summary>Every family, by name.</summary>
    public static IReadOnlyList<ModelFamily> All { get; } = Load();

    /// <summary>The family of a checkpoint.</summary>
    /// <exception cref="HafsException">No family knows the architecture; the message names the nearest ones.</exception>
    public static ModelFamily For(ModelConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return All.FirstOrDefault(f => config.Architectures.Any(a => f.Architectures.Contains(a)))
            ?? throw new HafsException(
                ErrorKind.Unsupported,
                "UnknownArchitecture",
                $"{config.Path}: architectures is {(config.Architectures.Count == 0 ? "missing" : string.Join(", ", config.Architectures))} (model_type {config.Text("model_type") ?? "missing"}), which no family knows",
                config.Path,
                "Nearest: " + string.Join(", ", Nearest(config)) + ".");
    }

    /// <summary>The family of a GGUF file.</summary>
    /// <exception cref="HafsException">No family has the name in <c>general.architecture</c>.</exception>
    public static ModelFamily For(GgufFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        string? name = file.Find("general.architecture")?.Value as string;
        return All.FirstOrDefault(f => f.Name == name)
            ?? throw new HafsException(
                ErrorKind.Unsupported, "UnknownArchitecture", $"{file.Path}: general.architecture is {name ?? "missing"}; known are {string.Join(", ", All.Select(f => f.Name))}", file.Path);
    }

    private static IEnumerable<string> Nearest(ModelConfig config)
    {
        string found = config.Architectures.Count > 0 ? config.Architectures[0] : config.Text("model_type") ?? "";
        return All.SelectMany(f => f.Architectures).OrderBy(a => Distance(a, found)).ThenBy(a => a, StringComparer.Ordinal).Take(3);
    }

    // Levenshtein: insertions, deletions and replacements cost one each.
    private static int Distance(string a, string b)
    {
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j] + 1, row[j - 1] + 1), diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)));
        }

        return row[^1];
    }

    private static List<ModelFamily> Load()
    {
        Assembly assembly = typeof(ModelFamilies).Assembly;
        var families = new List<ModelFamily>();
        foreach (string name in assembly.GetManifestResourceNames().Where(n => n.StartsWith("families/", StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            using Stream stream = assembly.GetManifestResourceStream(name)!;
            families.Add(new ModelFamily(JsonSerializer.Deserialize<FamilyData>(stream, Options)!));
        }

        return families;
    }
}
