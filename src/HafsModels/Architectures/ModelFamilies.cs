using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using HafsModels.Formats.Gguf;

namespace HafsModels.Architectures;

/// <summary>All families, one embedded JSON file each.</summary>
public static class ModelFamilies
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        Converters = { new JsonStringEnumConverter() },
    };

    private static readonly FamilyDefaults Defaults = JsonSerializer.Deserialize<FamilyDefaults>(Resource("architectures/common.json"), Options)!;

    /// <summary>Every family, by name.</summary>
    public static IReadOnlyList<ModelFamily> All { get; } = Load();

    /// <summary>The family of a checkpoint.</summary>
    /// <exception cref="HafsException">No family knows the architecture; the message names the nearest ones.</exception>
    public static ModelFamily For(ModelConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        if (All.FirstOrDefault(f => config.Architectures.Any(a => f.Architectures.Contains(a))) is { } family)
            return family;
        if (TowerOf(config) is { } tower)
            throw new HafsException(ErrorKind.Unsupported, "Unsupported" + tower.Id, $"{config.Path}: Unsupported: {tower.Name} ({Classes(config)})", config.Path, TextOf(config) is null ? null : "The text part alone can be converted: -TextOnly (hafs: --text-only).");
        throw new HafsException(
            ErrorKind.Unsupported,
            "UnknownArchitecture",
            $"{config.Path}: architectures is {Classes(config)} (model_type {config.Text("model_type") ?? "missing"}), which no family knows",
            config.Path,
            "Nearest: " + string.Join(", ", Nearest(config)) + ".");
    }

    /// <summary>The family of the text part of a checkpoint with towers for pictures or sound; null when it has none that is known.</summary>
    public static ModelFamily? TextOf(ModelConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return All.FirstOrDefault(f => config.Architectures.Any(a => f.Data.TextOf.Contains(a)) && config.Text("text_config.model_type") is { } type && f.Data.ModelTypes.Contains(type));
    }

    /// <summary>The family of a GGUF file.</summary>
    /// <exception cref="HafsException">No family has the name in <c>general.architecture</c>.</exception>
    public static ModelFamily For(GgufSet file)
    {
        ArgumentNullException.ThrowIfNull(file);
        string? name = file.Find("general.architecture")?.Value as string;
        return All.FirstOrDefault(f => f.Name == name)
            ?? throw new HafsException(
                ErrorKind.Unsupported, "UnknownArchitecture", $"{file.Path}: general.architecture is {name ?? "missing"}; known are {string.Join(", ", All.Select(f => f.Name))}", file.Path);
    }

    /// <summary>Reads a family's data and checks it.</summary>
    /// <exception cref="InvalidDataException">The data breaks a rule; the message says which.</exception>
    internal static ModelFamily Read(string name, string json)
    {
        try
        {
            FamilyData data = JsonSerializer.Deserialize<FamilyData>(json, Options)!;
            FamilyRules.Check(data);
            return new ModelFamily(data, Defaults);
        }
        catch (Exception exception) when (exception is JsonException or FormatException)
        {
            throw new InvalidDataException($"{name}: {exception.Message}", exception);
        }
    }

    private static string Classes(ModelConfig config) => config.Architectures.Count == 0 ? "missing" : string.Join(", ", config.Architectures);

    private static (string Id, string Name)? TowerOf(ModelConfig config) =>
        config.Find("vision_config") is not null ? ("VisionTower", "vision tower")
        : config.Find("audio_config") is not null ? ("AudioTower", "audio tower")
        : null;

    private static IEnumerable<string> Nearest(ModelConfig config)
    {
        string found = config.Architectures.Count > 0 ? config.Architectures[0] : config.Text("model_type") ?? "";
        return All.SelectMany(f => f.Architectures).OrderBy(a => NearestNames.Edits(found, a)).ThenBy(a => a, StringComparer.Ordinal).Take(3);
    }

    private static List<ModelFamily> Load() =>
        [.. typeof(ModelFamilies).Assembly.GetManifestResourceNames().Where(n => n.StartsWith("families/", StringComparison.Ordinal)).Order(StringComparer.Ordinal).Select(n => Read(n, Resource(n)))];

    private static string Resource(string name)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
