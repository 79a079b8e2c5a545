using System.Globalization;

namespace HafsModels.Conversion;

/// <summary>Numbers of blocks as users write them: <c>3,5-7</c>.</summary>
public static class LayerList
{
    private const int MaxLayers = 1 << 16;

    /// <summary>Reads a list.</summary>
    /// <exception cref="HafsException">An item is neither a number nor a range.</exception>
    public static IReadOnlyList<int> Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var layers = new SortedSet<int>();
        foreach (string item in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            string[] ends = item.Split('-', StringSplitOptions.TrimEntries);
            if (ends.Length > 2 || !TryRead(ends[0], out int first) || !TryRead(ends[^1], out int last) || last < first)
                throw new HafsException(ErrorKind.InvalidArgument, "LayerList", $"{item} is no layer number or range of them", text, "Write numbers from 0 and ranges, such as 3,5-7.");
            layers.UnionWith(Enumerable.Range(first, last - first + 1));
        }

        return [.. layers];
    }

    private static bool TryRead(string text, out int number) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number < MaxLayers;
}
