namespace HafsModels.Registry.Json;

/// <summary>A string, number, boolean, null or Python literal, as it is spelled.</summary>
/// <param name="raw">The token, with its quotes if it is a string; ASCII only.</param>
internal sealed class JsonScalar(string raw) : JsonItem
{
    public static readonly JsonScalar Null = new("null");
    public static readonly JsonScalar True = new("true");
    public static readonly JsonScalar False = new("false");

    /// <summary>The token as it stands in the text.</summary>
    public string Raw { get; } = raw;

    public bool IsString => Raw[0] == '"';

    public bool IsNull => Raw == "null";

    public static JsonScalar Text(string value) => new(JsonText.Quote(value));
}
