using System.Globalization;
using HafsModels.Conversion;
using HafsModels.Inference;

namespace HafsModels.Measurement.Reports;

/// <summary>What a conversion lost, tensor by tensor, as a picture: a self-contained page, or the picture alone.</summary>
/// <param name="Model">Name of the model.</param>
/// <param name="Quantization">How it was stored.</param>
/// <param name="FileBytes">Size of the file, bytes.</param>
/// <param name="Tensors">Every tensor of it.</param>
public sealed record QuantizationReport(string Model, string Quantization, long FileBytes, IReadOnlyList<TensorError> Tensors)
{
    private const int LongestList = 20;

    /// <summary>How faithfully the result answers, or null when that was not measured.</summary>
    public Fidelity? Fidelity { get; init; }

    private string Title => $"{Model} as {Quantization}";

    private IReadOnlyList<TensorError> Matrices => [.. Tensors.Where(t => t.Shape.Count > 1)];

    /// <summary>Checks that a report can be written under a name: before the work, not after it.</summary>
    /// <exception cref="HafsException">It ends neither in <c>.html</c> nor in <c>.svg</c>.</exception>
    public static void RequireName(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (!ReportDocument.IsPicture(path) && !path.EndsWith(".html", StringComparison.OrdinalIgnoreCase))
        {
            throw new HafsException(
                ErrorKind.InvalidArgument, "ReportFormat", $"{path}: a report is a page or a picture", path, "Give it a name that ends in .html or .svg.");
        }
    }

    /// <summary>Writes the report; the name decides between page and picture.</summary>
    /// <param name="path">File, <c>.html</c> or <c>.svg</c>; replaced if it exists, its folder made if it does not.</param>
    /// <exception cref="HafsException">The name is of neither kind, or the file cannot be written.</exception>
    public void Write(string path)
    {
        RequireName(path);
        ReportDocument.Write(path, ToSvg, ToHtml);
    }

    /// <summary>The picture.</summary>
    public string ToSvg()
    {
        var canvas = new SvgCanvas();
        double width = ReportDocument.Width - 2 * ReportDocument.Margin, y = Heading(canvas);
        IReadOnlyList<TensorError> matrices = Matrices;
        if (matrices.Count > 0)
        {
            y = new HeatMap("Relative error of each tensor (RMSE ÷ RMS of the weights)", ColourScale.RelativeErrors, t => t.RelativeError, Percent).Draw(canvas, matrices, y, width);
            if (matrices.Any(t => t.KlDivergence is not null))
                y = new HeatMap("Effect on the answers (KL divergence when only this tensor is so stored)", ColourScale.Over(matrices.Select(t => t.KlDivergence ?? 0)), t => t.KlDivergence ?? double.NaN, Nats).Draw(canvas, matrices, y, width);
            foreach (BarList list in Lists(matrices))
                y = list.Draw(canvas, y, width);
        }

        return ReportDocument.Picture(Title, Description, canvas, y);
    }

    /// <summary>The page: the picture, and every tensor in a table.</summary>
    public string ToHtml()
    {
        (string Name, Func<TensorError, string> Text)[] columns = Columns();
        string table = ReportDocument.Table(columns.Select(c => c.Name), Tensors.Select(tensor => columns.Select(c => c.Text(tensor))));
        string summary = string.Create(CultureInfo.InvariantCulture, $"<details open=\"open\">\n<summary>All {Tensors.Count:N0} tensors</summary>\n");
        return ReportDocument.Page(Title, ToSvg() + summary + table + "</details>\n", "Errors are exact, over every weight of the file.");
    }

    private static string Percent(double share) =>
        !double.IsFinite(share) ? "no number" : share == 0 ? "exact" : (100 * share).ToString(share < 0.01 ? "0.###" : "0.00", CultureInfo.InvariantCulture) + " %";

    private static string Nats(double divergence) =>
        !double.IsFinite(divergence) ? "not measured" : divergence.ToString(divergence is > 0 and < 1e-4 ? "0.0e-0" : "0.#####", CultureInfo.InvariantCulture) + " nats";

    private long Elements => Tensors.Sum(t => t.Shape.ElementCount);

    private double BitsPerWeight => 8.0 * Tensors.Sum(t => t.Bytes) / Math.Max(1, Elements);

    private string Totals => string.Create(CultureInfo.InvariantCulture,
        $"{HumanNumber.Bytes(FileBytes)} ({FileBytes:N0} bytes) · {HumanNumber.Count(Elements)} weights in {Tensors.Count:N0} tensors · {BitsPerWeight:0.000} bits per weight");

    private string? Answers => Fidelity is not { } f ? null : string.Create(CultureInfo.InvariantCulture,
        $"Same tokens through source and result: KL divergence {Nats(f.MeanKlDivergence)} · same first choice {HumanNumber.Percent(f.Top1Agreement)} · perplexity {f.SourcePerplexity:0.000} → {f.ResultPerplexity:0.000} · {f.Tokens:N0} tokens");

    private string Description
    {
        get
        {
            TensorError? worst = Matrices.Where(t => double.IsFinite(t.RelativeError)).MaxBy(t => t.RelativeError);
            return Totals + ". " + (Answers is { } answers ? answers + ". " : "")
                + (worst is null ? "" : $"Largest relative error: {worst.Name} with {Percent(worst.RelativeError)} as {worst.Type}.");
        }
    }

    private double Heading(SvgCanvas canvas)
    {
        canvas.Text(0, 20, Title, "title");
        canvas.Text(0, 44, Totals, "subtitle");
        double y = 44;
        if (Answers is { } answers)
            canvas.Text(0, y += 20, answers, "subtitle");
        long vectors = Tensors.Count(t => t.Shape.Count < 2);
        if (vectors > 0)
            canvas.Text(0, y += 20, $"{vectors:N0} norms and biases stay in their own precision and are not drawn.", "note");
        canvas.Rule(0, y + 14, ReportDocument.Width - 2 * ReportDocument.Margin);
        return y + 34;
    }

    private IEnumerable<BarList> Lists(IReadOnlyList<TensorError> matrices)
    {
        yield return new BarList(
            matrices.Count > LongestList ? $"The {LongestList} largest relative errors" : "Relative errors, largest first",
            [.. matrices.Where(t => double.IsFinite(t.RelativeError)).OrderByDescending(t => t.RelativeError).Take(LongestList).Select(t => new BarList.Bar(
                t.Name, t.RelativeError, string.Create(CultureInfo.InvariantCulture, $"{Percent(t.RelativeError)} · {t.Type} · RMSE {t.RootMeanSquareError:0.00e-0} · largest {t.MaxError:0.00e-0}"), ColourScale.RelativeErrors.StyleOf(t.RelativeError)))]);
        if (matrices.Any(t => t.KlDivergence is not null))
        {
            var effects = ColourScale.Over(matrices.Select(t => t.KlDivergence ?? 0));
            yield return new BarList("Largest effects on the answers", [.. matrices.OrderByDescending(t => t.KlDivergence).Take(LongestList).Select(t => new BarList.Bar(
                t.Name, t.KlDivergence ?? 0, $"{Nats(t.KlDivergence ?? double.NaN)} · {t.Type} · {Percent(t.RelativeError)}", effects.StyleOf(t.KlDivergence ?? 0)))]);
        }

        long all = Math.Max(1, Tensors.Sum(t => t.Bytes));
        yield return new BarList("Bytes by type", [.. Tensors.GroupBy(t => t.Type).Select(g => (Type: g.Key, Bytes: g.Sum(t => t.Bytes), Weights: g.Sum(t => t.Shape.ElementCount), Count: g.Count()))
            .OrderByDescending(g => g.Bytes).Select(g => new BarList.Bar(
                g.Type.ToString(), g.Bytes, string.Create(CultureInfo.InvariantCulture, $"{HumanNumber.Bytes(g.Bytes)} · {HumanNumber.Percent((double)g.Bytes / all)} · {g.Count:N0} {(g.Count == 1 ? "tensor" : "tensors")} · {8.0 * g.Bytes / Math.Max(1, g.Weights):0.##} bits per weight"), "size"))]);
    }

    private (string Name, Func<TensorError, string> Text)[] Columns()
    {
        List<(string, Func<TensorError, string>)> columns =
        [
            ("Tensor", t => t.Name), ("Shape", t => t.Shape.ToString()), ("Type", t => t.Type.ToString()), ("Bits per weight", t => HumanNumber.Fixed(t.BitsPerWeight, 2)),
            ("Bytes", t => t.Bytes.ToString("N0", CultureInfo.InvariantCulture)), ("RMSE", t => t.RootMeanSquareError.ToString("0.000e-0", CultureInfo.InvariantCulture)),
            ("Relative error", t => Percent(t.RelativeError)), ("Signal to noise, dB", t => double.IsFinite(t.SignalToNoise) ? HumanNumber.Fixed(t.SignalToNoise, 1) : "∞"),
            ("Largest error", t => t.MaxError.ToString("0.000e-0", CultureInfo.InvariantCulture)), ("Cosine", t => HumanNumber.Fixed(t.Cosine, 6)),
        ];
        if (Tensors.Any(t => t.WeightedRelativeError is not null))
            columns.Insert(8, ("Weighted by importance", t => t.WeightedRelativeError is { } error ? Percent(error) : ""));
        if (Tensors.Any(t => t.KlDivergence is not null))
            columns.Add(("KL divergence", t => t.KlDivergence is { } divergence ? Nats(divergence) : ""));
        return [.. columns];
    }
}
