using System.Globalization;
using System.Text;

namespace HafsModels.Measurement.Reports;

/// <summary>What every report has: the frame of its picture, a self-contained page with that picture and a table, and the file.</summary>
internal static class ReportDocument
{
    /// <summary>Width of a picture, and what is left free around it.</summary>
    public const double Width = 960, Margin = 24;

    /// <summary>Whether a name asks for the picture alone.</summary>
    public static bool IsPicture(string path) => path.EndsWith(".svg", StringComparison.OrdinalIgnoreCase);

    /// <summary>Writes the picture or the page, as the name asks.</summary>
    /// <param name="path">File; replaced if it exists, its folder made if it does not.</param>
    /// <param name="picture">Draws the picture.</param>
    /// <param name="page">Writes the page.</param>
    /// <exception cref="HafsException">The file cannot be written.</exception>
    public static void Write(string path, Func<string> picture, Func<string> page)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            File.WriteAllText(path, IsPicture(path) ? picture() : page());
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new HafsException(ErrorKind.PermissionDenied, "ReportNotWritten", $"{path}: the report could not be written: {exception.Message}", path, inner: exception);
        }
    }

    /// <summary>What was drawn, as a picture.</summary>
    /// <param name="title">Its title, and</param>
    /// <param name="description">what it says, for those who do not see it.</param>
    /// <param name="canvas">The drawing.</param>
    /// <param name="height">Where the drawing ends.</param>
    public static string Picture(string title, string description, SvgCanvas canvas, double height) => string.Create(CultureInfo.InvariantCulture,
        $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {height + Margin:0}\" width=\"{Width}\" height=\"{height + Margin:0}\" role=\"img\" aria-labelledby=\"report-title report-description\">\n"
        + $"<title id=\"report-title\">{SvgCanvas.Escape(title)}</title>\n<desc id=\"report-description\">{SvgCanvas.Escape(description)}</desc>\n"
        + $"<style>{ReportStyle.Picture}</style>\n<rect width=\"100%\" height=\"100%\" class=\"paper\"/>\n<g transform=\"translate({Margin} {Margin})\">\n{canvas}</g>\n</svg>\n");

    /// <summary>A page.</summary>
    /// <param name="title">Its title.</param>
    /// <param name="content">Picture and table.</param>
    /// <param name="note">What to know about it.</param>
    public static string Page(string title, string content, string note) =>
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n"
        + $"<title>{SvgCanvas.Escape(title)}</title>\n<style>{ReportStyle.Page}</style>\n</head>\n<body>\n<main>\n{content}</main>\n<footer>{SvgCanvas.Escape(note)} Made by HafsModels.</footer>\n</body>\n</html>\n";

    /// <summary>A table.</summary>
    /// <param name="columns">Heads.</param>
    /// <param name="rows">A cell for each head.</param>
    public static string Table(IEnumerable<string> columns, IEnumerable<IEnumerable<string>> rows)
    {
        var table = new StringBuilder("<div class=\"table\"><table>\n<thead><tr>");
        table.AppendJoin("", columns.Select(c => $"<th scope=\"col\">{SvgCanvas.Escape(c)}</th>")).Append("</tr></thead>\n<tbody>\n");
        foreach (IEnumerable<string> row in rows)
            table.Append("<tr>").AppendJoin("", row.Select(cell => $"<td>{SvgCanvas.Escape(cell)}</td>")).Append("</tr>\n");
        return table.Append("</tbody>\n</table></div>\n").ToString();
    }
}
