using System.Globalization;

namespace Hafs;

/// <summary>Numbers as people read them; JSON output never goes through here.</summary>
internal static class Units
{
    private static readonly string[] Names = ["B", "KiB", "MiB", "GiB", "TiB"];

    /// <summary>A size in binary units, such as <c>2.09 MiB</c>.</summary>
    public static string Bytes(long bytes)
    {
        double value = bytes;
        int unit = 0;
        while (Math.Abs(value) >= 1024 && unit < Names.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        return value.ToString(unit == 0 ? "0" : "0.00", CultureInfo.InvariantCulture) + " " + Names[unit];
    }

    /// <summary>A number with a fixed count of decimals; a dash for null.</summary>
    public static string Number(double? value, int decimals) =>
        value is { } number ? number.ToString("F" + decimals.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture) : "-";

    /// <summary>A share, such as <c>97.3 %</c>.</summary>
    public static string Percent(double share) => (100 * share).ToString("0.0", CultureInfo.InvariantCulture) + " %";
}
