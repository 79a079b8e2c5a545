using System.Globalization;
using System.Text;

namespace HafsModels.Measurement.Reports;

/// <summary>Charts of bars above a table: a self-contained page, or the charts alone as a picture.</summary>
/// <param name="Title">What it is about.</param>
/// <param name="Subtitle">How it was measured.</param>
/// <param name="Charts">The charts, top to bottom.</param>
/// <param name="Columns">Heads of the table.</param>
/// <param name="Rows">Its rows.</param>
/// <param name="Note">What to know about it.</param>
internal sealed record ChartReport(string Title, string Subtitle, IReadOnlyList<BarList> Charts, IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string>> Rows, string Note)
{
    private const double Width = 960, Margin = 24;

    /// <summary>Writes the report; the name decides between page and picture.</summary>
    /// <param name="path">File, <c>.html</c> or <c>.svg</c>; replaced if it exists, its folder made if it does not.</param>
    /// <exception cref="HafsException">The name is of neither kind, or the file cannot be written.</exception>
    public void Write(string path)
    {
        QuantizationReport.RequireName(path);
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            File.WriteAllText(path, path.EndsWith(".svg", StringComparison.OrdinalIgnoreCase) ? ToSvg() : ToHtml());
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new HafsException(ErrorKind.PermissionDenied, "ReportNotWritten", $"{path}: the report could not be written: {exception.Message}", path, inner: exception);
        }
    }

    /// <summary>The picture.</summary>
    public string ToSvg()
    {
        var canvas = new SvgCanvas();
        double width = Width - (2 * Margin), y = 78;
        canvas.Text(0, 20, Title, "title");
        canvas.Text(0, 44, Subtitle, "subtitle");
        canvas.Rule(0, 58, width);
        foreach (BarList chart in Charts)
            y = chart.Draw(canvas, y, width);
        return string.Create(CultureInfo.InvariantCulture,
            $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {y + Margin:0}\" width=\"{Width}\" height=\"{y + Margin:0}\" role=\"img\" aria-labelledby=\"report-title report-description\">\n"
            + $"<title id=\"report-title\">{SvgCanvas.Escape(Title)}</title>\n<desc id=\"report-description\">{SvgCanvas.Escape(Subtitle)}</desc>\n"
            + $"<style>{ReportStyle.Picture}</style>\n<rect width=\"100%\" height=\"100%\" class=\"paper\"/>\n<g transform=\"translate({Margin} {Margin})\">\n{canvas}</g>\n</svg>\n");
    }

    /// <summary>The page.</summary>
    public string ToHtml()
    {
        var page = new StringBuilder();
        page.Append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n");
        page.Append(CultureInfo.InvariantCulture, $"<title>{SvgCanvas.Escape(Title)}</title>\n<style>{ReportStyle.Page}</style>\n</head>\n<body>\n<main>\n{ToSvg()}<div class=\"table\"><table>\n<thead><tr>");
        page.AppendJoin("", Columns.Select(c => $"<th scope=\"col\">{SvgCanvas.Escape(c)}</th>")).Append("</tr></thead>\n<tbody>\n");
        foreach (IReadOnlyList<string> row in Rows)
            page.Append("<tr>").AppendJoin("", row.Select(cell => $"<td>{SvgCanvas.Escape(cell)}</td>")).Append("</tr>\n");
        return page.Append(CultureInfo.InvariantCulture, $"</tbody>\n</table></div>\n</main>\n<footer>{SvgCanvas.Escape(Note)} Made by HafsModels.</footer>\n</body>\n</html>\n").ToString();
    }
}
