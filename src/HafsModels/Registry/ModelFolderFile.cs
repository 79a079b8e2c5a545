using System.Text;
using HafsModels.Registry.Json;

namespace HafsModels.Registry;

/// <summary>Small JSON files of a model folder.</summary>
internal static class ModelFolderFile
{
    // trainer_state.json logs a line a step: a million steps take 200 MB.
    private const long MaxBytes = 256L << 20;

    /// <summary>The object a file holds, or null when there is no such file.</summary>
    /// <exception cref="HafsException"><see cref="ErrorKind.InvalidData"/>: the file is no JSON object, or too large.</exception>
    public static JsonObject? Read(string folder, string name)
    {
        string path = Path.Combine(folder, name);
        if (!File.Exists(path))
            return null;
        long bytes = new FileInfo(path).Length;
        if (bytes > MaxBytes)
            throw new HafsException(ErrorKind.InvalidData, "ModelFileTooLarge", $"{path}: {bytes:N0} bytes; at most {MaxBytes:N0} are allowed.", path);
        try
        {
            return JsonParser.Parse(File.ReadAllText(path, Encoding.UTF8)) as JsonObject ?? throw new JsonTextException(1, 1, "the file holds no object");
        }
        catch (JsonTextException e)
        {
            throw new HafsException(ErrorKind.InvalidData, "ModelFileDamaged", $"{path}: {e.Message}.", path, inner: e);
        }
    }

    /// <summary>Text of the first of some keys that has any.</summary>
    public static string? Text(JsonObject? file, params ReadOnlySpan<string> keys)
    {
        foreach (string key in keys)
            if (file?[key] is JsonScalar { IsString: true } text && JsonText.Unquote(text.Raw) is { Length: > 0 } value)
                return value;
        return null;
    }

    /// <summary>A number, or null when the key is absent or holds anything else.</summary>
    public static double? Number(JsonObject? file, string key) =>
        file?[key] is JsonScalar { IsString: false } scalar ? JsonValues.From(scalar) switch
        {
            long whole => whole,
            double number => number,
            _ => null,
        }
        : null;
}
