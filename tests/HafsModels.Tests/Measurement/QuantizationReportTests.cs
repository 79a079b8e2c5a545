using System.Xml.Linq;
using HafsModels.Conversion;
using HafsModels.Measurement.Reports;
using HafsModels.Quantization;
using HafsModels.Tensors;
using Xunit;

namespace HafsModels.Tests.Measurement;

public sealed class QuantizationReportTests
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(126)]
    public void The_picture_is_svg_in_which_every_matrix_is_a_cell_that_tells_its_error(int layers)
    {
        QuantizationReport report = Report(layers);
        XElement svg = XDocument.Parse(report.ToSvg()).Root!;
        Assert.Equal(Svg + "svg", svg.Name);
        Assert.Equal("m<x> & \"y\" as Q4_K_M", svg.Element(Svg + "title")!.Value);
        Assert.Contains("Largest relative error", svg.Element(Svg + "desc")!.Value, StringComparison.Ordinal);
        string[] tips = [.. svg.Descendants(Svg + "rect").Select(r => r.Element(Svg + "title")?.Value).OfType<string>()];
        Assert.All(report.Tensors.Where(t => t.Shape.Count > 1), t => Assert.Contains(tips, tip => tip.StartsWith($"{t.Name}: ", StringComparison.Ordinal) && tip.Contains($" as {t.Type}, ", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(126)]
    public void Nothing_is_drawn_outside_of_the_picture(int layers)
    {
        XElement svg = XDocument.Parse(Report(layers).ToSvg()).Root!;
        double width = (double)svg.Attribute("width")! - 48, height = (double)svg.Attribute("height")!;
        foreach (XElement rectangle in svg.Element(Svg + "g")!.Descendants(Svg + "rect"))
        {
            Assert.InRange((double)rectangle.Attribute("x")! + (double)rectangle.Attribute("width")!, 0, width + 0.01);
            Assert.InRange((double)rectangle.Attribute("y")! + (double)rectangle.Attribute("height")!, 0, height);
        }
    }

    [Fact]
    public void The_page_needs_nothing_but_itself_and_lists_every_tensor()
    {
        QuantizationReport report = Report(4);
        string page = report.ToHtml();
        Assert.DoesNotContain("src=", page, StringComparison.Ordinal);
        Assert.DoesNotContain("href=", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", page, StringComparison.Ordinal);
        Assert.DoesNotContain("m<x>", page, StringComparison.Ordinal);
        Assert.All(report.Tensors, t => Assert.Contains($"<td>{t.Name}</td>", page, StringComparison.Ordinal));
        XDocument.Parse(page[page.IndexOf("<main>", StringComparison.Ordinal)..(page.IndexOf("</main>", StringComparison.Ordinal) + "</main>".Length)]);
    }

    [Fact]
    public void Errors_that_are_no_numbers_are_drawn_as_such()
    {
        QuantizationReport report = Report(2);
        XDocument.Parse((report with { Tensors = [.. report.Tensors.Select(t => t with { RelativeError = double.NaN, RootMeanSquareError = double.NaN })] }).ToSvg());
        XDocument.Parse((report with { Tensors = [] }).ToSvg());
    }

    [Fact]
    public void Effects_are_drawn_where_they_were_measured()
    {
        QuantizationReport report = Report(2);
        Assert.DoesNotContain("nats", report.ToSvg(), StringComparison.Ordinal);
        string svg = (report with { Tensors = [.. report.Tensors.Select((t, i) => t with { KlDivergence = 1e-5 * i })] }).ToSvg();
        Assert.Contains("nats", svg, StringComparison.Ordinal);
        XDocument.Parse(svg);
    }

    [Theory]
    [InlineData("report.pdf")]
    [InlineData("report")]
    public void A_name_of_another_kind_is_refused(string name) =>
        Assert.Equal("ReportFormat", Assert.Throws<HafsException>(() => QuantizationReport.RequireName(name)).Id);

    private static QuantizationReport Report(int layers)
    {
        string[] roles = ["attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"];
        var tensors = new List<TensorError> { Error("token_embd.weight", 1), Error("output.weight", 2), TensorError.From("output_norm.weight", GgmlType.F32, new Shape(256), default) };
        for (int layer = 0; layer < layers; layer++)
            tensors.AddRange(roles.Select((role, i) => Error($"blk.{layer}.{role}.weight", layer + i)));
        return new QuantizationReport("m<x> & \"y\"", "Q4_K_M", 1_000_000, tensors);
    }

    private static TensorError Error(string name, int seed)
    {
        var random = new Random(seed);
        float[] source = [.. Enumerable.Range(0, 512).Select(_ => random.NextSingle() - 0.5f)], decoded = [.. source.Select(x => x + (random.NextSingle() - 0.5f) * 0.1f)];
        return TensorError.From(name, GgmlType.Q4_K, new Shape(2, 256), ErrorSums.Of(source, decoded, 256, []));
    }
}
