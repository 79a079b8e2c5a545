using System.Text.Json;

namespace HafsModels.Tokenizers;

/// <summary>Members of JSON objects that may be missing or of another kind.</summary>
internal static class JsonMembers
{
    /// <summary>A member; null when it is missing or JSON null.</summary>
    public static JsonElement? Member(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>A string member; null when it is missing or something else.</summary>
    public static string? Text(this JsonElement element, string name) =>
        element.Member(name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    /// <summary>A boolean member; null when it is missing or something else.</summary>
    public static bool? Flag(this JsonElement element, string name) =>
        element.Member(name) is { ValueKind: JsonValueKind.True or JsonValueKind.False } value ? value.GetBoolean() : null;

    /// <summary>An integer member; null when it is missing or something else.</summary>
    public static int? Integer(this JsonElement element, string name) => element.Member(name)?.Integer();

    /// <summary>An integer; null when it is something else.</summary>
    public static int? Integer(this JsonElement element) => element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out int number) ? number : null;

    /// <summary>The items of an array member; none when it is missing or something else.</summary>
    public static IEnumerable<JsonElement> Items(this JsonElement element, string name) =>
        element.Member(name) is { ValueKind: JsonValueKind.Array } value ? value.EnumerateArray() : [];

    /// <summary>The kind of a component of tokenizer.json, or an empty string.</summary>
    public static string Kind(this JsonElement element) => element.Text("type") ?? "";
}
