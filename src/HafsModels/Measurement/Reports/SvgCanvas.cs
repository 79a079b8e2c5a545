using System.Globalization;
using System.Net;
using System.Text;

namespace HafsModels.Measurement.Reports;

/// <summary>Writes the few SVG elements that the report is drawn with. Text is escaped; lengths are user units of the picture.</summary>
internal sealed class SvgCanvas
{
    private readonly StringBuilder elements = new();

    /// <summary>What was drawn.</summary>
    public override string ToString() => elements.ToString();

    /// <summary>Draws a rectangle; <paramref name="tip"/> is shown when the pointer rests on it and read aloud.</summary>
    public void Rectangle(double x, double y, double width, double height, string style, string? tip = null)
    {
        elements.Append(CultureInfo.InvariantCulture, $"<rect x=\"{x:0.##}\" y=\"{y:0.##}\" width=\"{Math.Max(0, width):0.##}\" height=\"{height:0.##}\" rx=\"2\" class=\"{style}\"");
        elements.Append(tip is null ? "/>\n" : $"><title>{Escape(tip)}</title></rect>\n");
    }

    /// <summary>Draws text; <paramref name="anchor"/> is start, middle or end.</summary>
    public void Text(double x, double y, string text, string style, string anchor = "start") =>
        elements.Append(CultureInfo.InvariantCulture, $"<text x=\"{x:0.##}\" y=\"{y:0.##}\" class=\"{style}\" text-anchor=\"{anchor}\">{Escape(text)}</text>\n");

    /// <summary>Draws a thin horizontal line.</summary>
    public void Rule(double x, double y, double width) =>
        elements.Append(CultureInfo.InvariantCulture, $"<path d=\"M{x:0.##} {y:0.##}h{width:0.##}\" class=\"rule\"/>\n");

    /// <summary>Text for XML and HTML.</summary>
    public static string Escape(string text) => WebUtility.HtmlEncode(text);
}
