namespace HafsModels.Formats.Gguf;

/// <summary>Changes to metadata before it is written.</summary>
internal static class GgufMetadata
{
    /// <summary>Sets a key. As in ggml it comes last, also when it was there before.</summary>
    public static void Set(this List<KeyValuePair<string, GgufValue>> metadata, string key, object value)
    {
        metadata.RemoveAll(m => m.Key == key);
        metadata.Add(new(key, value as GgufValue ?? new GgufValue(value)));
    }
}
