namespace HafsModels.Registry.Json;

/// <summary>One member of an object.</summary>
/// <param name="Name">The key, unescaped.</param>
/// <param name="RawName">The key as it is spelled, with quotes.</param>
/// <param name="Value">The value.</param>
internal readonly record struct JsonMember(string Name, string RawName, JsonItem Value)
{
    public JsonMember(string name, JsonItem value)
        : this(name, JsonText.Quote(name), value)
    {
    }
}
