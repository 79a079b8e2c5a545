namespace HafsModels.Registry;

/// <summary>
/// The lines a model card (README.md) begins with, between two lines <c>---</c>. Only text and lists of text at the outermost level are
/// read, which is how the cards of the hub write what is wanted here.
/// </summary>
internal static class ModelCard
{
    private const int MaxLines = 500;

    /// <summary>First value of a key in a folder's card, or null.</summary>
    public static string? First(string folder, string key)
    {
        string path = Path.Combine(folder, "README.md");
        if (!File.Exists(path))
            return null;
        bool listed = false;
        int line = 0;
        foreach (string raw in File.ReadLines(path))
        {
            string text = raw.TrimEnd();
            if (line++ == 0 ? text != "---" : text == "---" || line > MaxLines)
                return null;
            if (listed)
                return text.TrimStart() is ['-', ' ', .. var item] ? Plain(item) : null;
            if (!text.StartsWith(key + ":", StringComparison.Ordinal))
                continue;
            if (Plain(text[(key.Length + 1)..]) is { } value)
                return value;
            listed = true;
        }

        return null;
    }

    private static string? Plain(string value)
    {
        value = value.Trim().Trim('[', ']').Split(',')[0].Trim().Trim('"', '\'');
        return value.Length > 0 ? value : null;
    }
}
