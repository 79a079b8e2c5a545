using System.Globalization;

namespace HafsModels;

/// <summary>Numbers as people read them, for what front ends show: objects and JSON carry exact numbers.</summary>
public static class HumanNumber
{
    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

    /// <summary>A size in binary units with three significant digits, such as <c>2.09 MiB</c>.</summary>
    public static string Bytes(long bytes)
    {
        double value = bytes;
        int unit = 0;
        while (Math.Abs(value) >= 999.5 && unit < Units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        string format = unit == 0 ? "0" : Math.Abs(value) < 9.995 ? "0.00" : Math.Abs(value) < 99.95 ? "0.0" : "0";
        return value.ToString(format, CultureInfo.InvariantCulture) + " " + Units[unit];
    }

    /// <summary>A count, such as <c>1.23 M</c> or <c>8.03 B</c>.</summary>
    public static string Count(long count) => Math.Abs(count) switch
    {
        < 10_000 => count.ToString(CultureInfo.InvariantCulture),
        < 999_500 => (count / 1e3).ToString("0.0", CultureInfo.InvariantCulture) + " K",
        < 999_500_000 => (count / 1e6).ToString("0.00", CultureInfo.InvariantCulture) + " M",
        _ => (count / 1e9).ToString("0.00", CultureInfo.InvariantCulture) + " B",
    };

    /// <summary>A share of one, such as <c>97.3 %</c>; empty for null.</summary>
    public static string Percent(double? share) => share is { } value ? (100 * value).ToString("0.0", CultureInfo.InvariantCulture) + " %" : "";

    /// <summary>A number with fixed decimals; empty for null.</summary>
    public static string Fixed(double? value, int decimals) =>
        value is { } number ? number.ToString("F" + decimals.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture) : "";

    /// <summary>Text on one line, cut to a width.</summary>
    public static string OneLine(string? text, int width)
    {
        string line = (text ?? "").ReplaceLineEndings(" ").Trim();
        return line.Length <= width ? line : string.Concat(line.AsSpan(0, width - 1), "…");
    }
}
