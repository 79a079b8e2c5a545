using System.Globalization;

namespace HafsModels.Registry;

/// <summary>Times as hafs writes them: Python's <c>datetime.now().isoformat()</c>, local, without an offset.</summary>
internal static class LocalTime
{
    /// <summary>Now; microseconds are left out when they are zero, as Python does.</summary>
    public static string Now() => Format(DateTime.Now);

    /// <summary>A point in time, local; ticks below a microsecond are cut.</summary>
    public static string Format(DateTime local) => local.ToString(
        local.Ticks / TimeSpan.TicksPerMicrosecond % 1_000_000 == 0 ? "yyyy-MM-dd'T'HH:mm:ss" : "yyyy-MM-dd'T'HH:mm:ss.ffffff",
        CultureInfo.InvariantCulture);
}
