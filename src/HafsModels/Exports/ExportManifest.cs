using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace HafsModels.Exports;

/// <summary>What an export says of itself, in a file within it: of what it was made, and what was written.</summary>
internal sealed record ExportManifest
{
    /// <summary>Name of the file.</summary>
    public const string FileName = "hafs-export.json";

    private const long MaximumBytes = 16 << 20;

    private static readonly JsonSerializerOptions Options = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Name of the format.</summary>
    public required string Format { get; init; }

    /// <summary>The model.</summary>
    public required string Model { get; init; }

    /// <summary>Stands for everything the export was made of: files of the source, settings, version of the program.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>What was written, by path within the export.</summary>
    public required IReadOnlyDictionary<string, Entry> Files { get; init; }

    /// <summary>What the user should know.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Whether it was looked into, and everything was as it must be.</summary>
    public bool Verified { get; init; }

    /// <summary>Reads the manifest of a folder; null where there is none that can be read.</summary>
    public static ExportManifest? TryRead(string folder)
    {
        var file = new FileInfo(Path.Combine(folder, FileName));
        if (!file.Exists || file.Length > MaximumBytes)
            return null;
        try
        {
            return JsonSerializer.Deserialize<ExportManifest>(File.ReadAllBytes(file.FullName), Options) is { Files: not null } manifest ? manifest : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Writes the manifest into a folder.</summary>
    public void Write(string folder) => File.WriteAllBytes(Path.Combine(folder, FileName), [.. JsonSerializer.SerializeToUtf8Bytes(this, Options), (byte)'\n']);

    /// <summary>Whether the files that were written are as they were: by size and time, and where only the time differs, as in a copy, by their hash.</summary>
    public bool IsIntact(string folder) => Files.All(f => new FileInfo(Path.Combine(folder, f.Key)) is { Exists: true } file
        && file.Length == f.Value.SizeBytes && (file.LastWriteTimeUtc == f.Value.WrittenUtc || Hash(file.FullName) == f.Value.Sha256));

    /// <summary>SHA-256 of a file, lower-case hex.</summary>
    public static string Hash(string path)
    {
        using FileStream stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    /// <summary>A file that was written.</summary>
    /// <param name="SizeBytes">Its size.</param>
    /// <param name="Sha256">Its hash, lower-case hex.</param>
    /// <param name="WrittenUtc">When it was written.</param>
    [JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Skip)]
    public sealed record Entry(long SizeBytes, string Sha256, DateTime WrittenUtc);
}
