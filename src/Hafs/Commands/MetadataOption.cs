using System.Globalization;
using HafsModels;

namespace Hafs.Commands;

/// <summary>Metadata on a command line: <c>KEY=TYPE:VALUE</c>, as <c>llama-quantize --override-kv</c> takes it.</summary>
internal static class MetadataOption
{
    private static readonly Dictionary<string, Func<string, object?>> Types = new(StringComparer.Ordinal)
    {
        ["int"] = text => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) ? number : null,
        ["float"] = text => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? number : null,
        ["bool"] = text => bool.TryParse(text, out bool flag) ? flag : null,
        ["str"] = text => text,
    };

    /// <summary>Reads one.</summary>
    /// <exception cref="HafsException">It is not of that form, or the value not of the type.</exception>
    public static KeyValuePair<string, object> Parse(string text)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal), colon = equals < 0 ? -1 : text.IndexOf(':', equals);
        object? value = colon > 0 && Types.TryGetValue(text[(equals + 1)..colon], out Func<string, object?>? parse) ? parse(text[(colon + 1)..]) : null;
        return equals > 0 && value is not null
            ? new(text[..equals], value)
            : throw new HafsException(ErrorKind.InvalidArgument, "MetadataOption", $"{text} is not KEY=TYPE:VALUE", text, "TYPE is int, float, bool or str: general.name=str:mine.");
    }
}
