using System.Globalization;
using HafsModels.Conversion;

namespace HafsModels.Measurement.Reports;

/// <summary>Roles down, blocks across, a cell a tensor; the tensors outside of blocks below.</summary>
/// <param name="title">What the colours say.</param>
/// <param name="scale">Which colour a number gets.</param>
/// <param name="value">The number behind a colour.</param>
/// <param name="format">Writes the number with its unit.</param>
internal sealed class HeatMap(string title, ColourScale scale, Func<TensorError, double> value, Func<double, string> format)
{
    private const double LabelWidth = 120, RowHeight = 26, Gap = 2, WidestCell = 104, NarrowestWithText = 50;

    /// <summary>Draws the map with its legend.</summary>
    /// <param name="canvas">Where to.</param>
    /// <param name="tensors">Matrices of one model.</param>
    /// <param name="top">First free line.</param>
    /// <param name="width">Width of the picture's contents.</param>
    /// <returns>The next free line.</returns>
    public double Draw(SvgCanvas canvas, IReadOnlyList<TensorError> tensors, double top, double width)
    {
        int layers = tensors.Max(t => t.Layer ?? -1) + 1;
        double cell = Math.Min(WidestCell, (width - LabelWidth) / Math.Max(1, layers));
        canvas.Text(0, top + 16, title, "heading");
        Legend(canvas, top, width);
        double y = top + 34;
        if (layers > 0)
            y = Axis(canvas, layers, cell, y);
        foreach (IGrouping<string, TensorError> role in tensors.Where(t => t.Layer is not null).GroupBy(t => t.Role))
        {
            canvas.Text(LabelWidth - 10, y + 17, role.Key, "label", "end");
            foreach (TensorError tensor in role)
                Cell(canvas, tensor, LabelWidth + tensor.Layer!.Value * cell, y, cell);
            y += RowHeight;
        }

        y += 8;
        foreach (TensorError tensor in tensors.Where(t => t.Layer is null))
        {
            canvas.Text(LabelWidth - 10, y + 17, tensor.Role, "label", "end");
            Cell(canvas, tensor, LabelWidth, y, Math.Max(cell, WidestCell));
            y += RowHeight;
        }

        return y + 22;
    }

    private static double Axis(SvgCanvas canvas, int layers, double cell, double y)
    {
        // Numbers as wide as they are, no closer than they can be read.
        int every = cell >= 22 ? 1 : cell >= 11 ? 2 : cell >= 5 ? 5 : 10;
        canvas.Text(LabelWidth - 10, y + 9, "block", "axis", "end");
        for (int layer = 0; layer < layers; layer += every)
            canvas.Text(LabelWidth + (layer + 0.5) * cell, y + 9, layer.ToString(CultureInfo.InvariantCulture), "axis", "middle");
        return y + 16;
    }

    private void Cell(SvgCanvas canvas, TensorError tensor, double x, double y, double cell)
    {
        double number = value(tensor), width = cell - (cell > 8 ? Gap : 0.5);
        canvas.Rectangle(x, y, width, RowHeight - Gap, scale.StyleOf(number), $"{tensor.Name}: {format(number)} as {tensor.Type}, {HumanNumber.Bytes(tensor.Bytes)}");
        if (cell >= NarrowestWithText)
            canvas.Text(x + width / 2, y + 16.5, cell > 90 ? $"{format(number)} · {tensor.Type}" : format(number), scale.TextStyleOf(number), "middle");
    }

    private void Legend(SvgCanvas canvas, double top, double width)
    {
        const double Step = 22;
        if (scale.At(1) <= 0)
            return;
        double left = width - ColourScale.Steps * Step;
        for (int i = 0; i < ColourScale.Steps; i++)
            canvas.Rectangle(left + i * Step, top + 3, Step - 1, 10, $"c{i}");
        canvas.Text(left, top + 26, format(scale.At(0)), "axis");
        canvas.Text(left + ColourScale.Steps * Step / 2, top + 26, format(scale.At(0.5)), "axis", "middle");
        canvas.Text(width, top + 26, format(scale.At(1)), "axis", "end");
    }
}
