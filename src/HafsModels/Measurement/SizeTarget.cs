using System.Globalization;

namespace HafsModels.Measurement;

/// <summary>How large a converted model may become: a whole file, or its weights.</summary>
/// <param name="FileBytes">Most bytes of the file, header included; null for no such bound.</param>
/// <param name="BitsPerWeight">Most bits per weight over all tensors, header not counted; null for no such bound.</param>
public sealed record SizeTarget(long? FileBytes, double? BitsPerWeight)
{
    private static readonly string[] Units = ["", "K", "M", "G", "T"];

    /// <summary>Reads a size as people and PowerShell write it: <c>4.5GB</c>, <c>4.5GiB</c>, <c>700 MB</c>, <c>4831838208</c>. Units are powers of 1,024, as PowerShell's are.</summary>
    /// <exception cref="HafsException">It is no positive size.</exception>
    public static long ParseBytes(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string trimmed = text.Trim();
        string number = trimmed.TrimEnd(['b', 'B', 'i', 'k', 'K', 'm', 'M', 'g', 'G', 't', 'T', ' ']);
        string unit = trimmed[number.Length..].Trim().ToUpperInvariant().Replace("IB", "", StringComparison.Ordinal).Replace("B", "", StringComparison.Ordinal);
        int power = Array.IndexOf(Units, unit);
        if (power < 0 || !double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) || !(value > 0) || value * Math.Pow(1024, power) > long.MaxValue / 2)
            throw new HafsException(ErrorKind.InvalidArgument, "SizeNotUnderstood", $"{text} is no size", text, "Write bytes, or a number with KB, MB, GB or TB (powers of 1,024), such as 4.5GB.");
        return (long)(value * Math.Pow(1024, power));
    }
}
