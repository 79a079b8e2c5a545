namespace HafsModels.Measurement.Reports;

/// <summary>A titled list of bars, one a line.</summary>
/// <param name="Title">What the bars say.</param>
/// <param name="Bars">The bars, in the order to draw.</param>
internal sealed record BarList(string Title, IReadOnlyList<BarList.Bar> Bars)
{
    private const double LabelWidth = 250, ValueWidth = 320, LineHeight = 20;

    /// <summary>One bar.</summary>
    /// <param name="Label">What it is of.</param>
    /// <param name="Length">Its length, in any unit.</param>
    /// <param name="Text">Numbers with units, beside it.</param>
    /// <param name="Style">Its colour.</param>
    public sealed record Bar(string Label, double Length, string Text, string Style);

    /// <summary>Draws the list.</summary>
    /// <param name="canvas">Where to.</param>
    /// <param name="top">First free line.</param>
    /// <param name="width">Width of the picture's contents.</param>
    /// <returns>The next free line.</returns>
    public double Draw(SvgCanvas canvas, double top, double width)
    {
        double longest = Bars.Where(b => double.IsFinite(b.Length)).Select(b => b.Length).DefaultIfEmpty(0).Max();
        canvas.Text(0, top + 16, Title, "heading");
        double y = top + 32;
        foreach (Bar bar in Bars)
        {
            double length = longest > 0 && double.IsFinite(bar.Length) ? bar.Length / longest * (width - LabelWidth - ValueWidth) : 0;
            canvas.Text(LabelWidth - 10, y + 12, bar.Label, "label", "end");
            canvas.Rectangle(LabelWidth, y + 1, Math.Max(1, length), LineHeight - 6, bar.Style, $"{bar.Label}: {bar.Text}");
            canvas.Text(LabelWidth + Math.Max(1, length) + 8, y + 12, bar.Text, "value");
            y += LineHeight;
        }

        return y + 22;
    }
}
