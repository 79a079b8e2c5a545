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
    /// <summary>Writes the report; the name decides between page and picture.</summary>
    /// <param name="path">File, <c>.html</c> or <c>.svg</c>; replaced if it exists, its folder made if it does not.</param>
    /// <exception cref="HafsException">The name is of neither kind, or the file cannot be written.</exception>
    public void Write(string path)
    {
        QuantizationReport.RequireName(path);
        ReportDocument.Write(path, ToSvg, ToHtml);
    }

    /// <summary>The picture.</summary>
    public string ToSvg()
    {
        var canvas = new SvgCanvas();
        double width = ReportDocument.Width - (2 * ReportDocument.Margin), y = 78;
        canvas.Text(0, 20, Title, "title");
        canvas.Text(0, 44, Subtitle, "subtitle");
        canvas.Rule(0, 58, width);
        foreach (BarList chart in Charts)
            y = chart.Draw(canvas, y, width);
        return ReportDocument.Picture(Title, Subtitle, canvas, y);
    }

    /// <summary>The page.</summary>
    public string ToHtml() => ReportDocument.Page(Title, ToSvg() + ReportDocument.Table(Columns, Rows), Note);
}
