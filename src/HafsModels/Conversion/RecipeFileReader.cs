using System.Text.Json;
using HafsModels.Formats;
using HafsModels.Quantization;
using HafsModels.Tokenizers;

namespace HafsModels.Conversion;

/// <summary>Reads recipe files. What is not known is refused: a misspelled option would quietly do nothing.</summary>
internal static class RecipeFileReader
{
    private const int MaxBytes = 1 << 20;

    // People write these by hand.
    private static readonly JsonDocumentOptions Options = new() { AllowDuplicateProperties = false, AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip, MaxDepth = 8 };

    private static readonly Dictionary<string, Func<RecipeFile, JsonElement, RecipeFile>> Members = new(StringComparer.Ordinal)
    {
        ["$schema"] = (file, _) => file,
        ["quantization"] = (file, value) => file with { Quantization = Recipes.Get(Text(value)).Name },
        ["tensorTypes"] = (file, value) => file with { TensorTypes = Rules(value) },
        ["outputType"] = (file, value) => file with { OutputType = BlockFormats.Parse(Text(value)) },
        ["embeddingType"] = (file, value) => file with { EmbeddingType = BlockFormats.Parse(Text(value)) },
        ["leaveOutput"] = (file, value) => file with { LeaveOutput = Flag(value) },
        ["pure"] = (file, value) => file with { Pure = Flag(value) },
        ["pruneLayers"] = (file, value) => file with { PruneLayers = Layers(value) },
        ["keepSplit"] = (file, value) => file with { KeepSplit = Flag(value) },
        ["allowRequantize"] = (file, value) => file with { AllowRequantize = Flag(value) },
    };

    /// <summary>Reads a file.</summary>
    /// <exception cref="HafsException">It is not there, no JSON, or says something that is not known.</exception>
    public static RecipeFile Read(string path)
    {
        path = Path.GetFullPath(path);
        using JsonDocument document = JsonFile.Read(path, MaxBytes, "RecipeFileTooLarge", "RecipeFileJson", "RecipeFileMember", Options);
        return document.RootElement.EnumerateObject().Aggregate(new RecipeFile(), (file, member) => Apply(path, file, member));
    }

    private static RecipeFile Apply(string path, RecipeFile file, JsonProperty member)
    {
        if (!Members.TryGetValue(member.Name, out Func<RecipeFile, JsonElement, RecipeFile>? apply))
            throw Invalid(path, $"{member.Name} is not known", "Known: " + string.Join(", ", Members.Keys.Skip(1)) + ".");
        try
        {
            return apply(file, member.Value);
        }
        catch (FormatException exception)
        {
            throw Invalid(path, $"{member.Name} is {Kind(member.Value)}; it must be {exception.Message}");
        }
        catch (HafsException exception)
        {
            throw new HafsException(ErrorKind.InvalidData, exception.Id, $"{path}: {member.Name}: {exception.Message}", path, exception.Hint, exception);
        }
    }

    private static string Text(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString()! : throw new FormatException("a string");

    private static bool Flag(JsonElement value) => value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw new FormatException("true or false");

    private static TensorTypeRule[] Rules(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => [.. value.EnumerateObject().Select(rule => new TensorTypeRule(rule.Name, BlockFormats.Parse(TypeName(rule.Value))))],
        JsonValueKind.Array => [.. value.EnumerateArray().Select(rule => TensorTypeRule.Parse(TypeName(rule)))],
        _ => throw new FormatException("an object of patterns and types, or an array of \"REGEX=TYPE\""),
    };

    private static string TypeName(JsonElement value) => value.ValueKind == JsonValueKind.String
        ? value.GetString()!
        : throw new FormatException("an object of patterns and types, or an array of \"REGEX=TYPE\", all strings");

    private static IReadOnlyList<int> Layers(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => LayerList.Parse(value.GetString()!),
        JsonValueKind.Array => [.. value.EnumerateArray().Select(n => n.Integer() ?? throw new FormatException("an array of whole numbers"))],
        _ => throw new FormatException("a string such as \"3,5-7\", or an array of whole numbers"),
    };

    private static string Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => $"the string \"{value.GetString()}\"",
        _ => value.GetRawText(),
    };

    private static HafsException Invalid(string path, string what, string? hint = null) => new(ErrorKind.InvalidData, "RecipeFileMember", $"{path}: {what}", path, hint);
}
