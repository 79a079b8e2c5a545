using System.Globalization;
using System.Xml.Linq;

namespace HafsModels.Registry;

/// <summary>Draws a lineage as an SVG picture: from what a model came from, on the left, to what was made of it, on the right.</summary>
public static class LineageDrawing
{
    private const int BoxWidth = 230, BoxHeight = 46, ColumnGap = 110, RowGap = 22, Margin = 24, MaxLetters = 30;

    // Light and dark: the picture follows the page or the viewer.
    private const string Style = """
        text { font: 13px system-ui, "Segoe UI", sans-serif; fill: #1f2328 } .kind { font-size: 11px; fill: #59636e } .edge { fill: none; stroke: #8c959f; stroke-width: 1.5 }
        rect { fill: #f6f8fa; stroke: #d1d9e0 } .model rect { fill: #ddf4ff; stroke: #54aeff } .subject rect { stroke-width: 3 } .artifact rect { fill: #dafbe1; stroke: #4ac26b } .deployment rect { fill: #fff1e5; stroke: #fb8f44 }
        @media (prefers-color-scheme: dark) { text { fill: #f0f6fc } .kind { fill: #9198a1 } rect { fill: #212830; stroke: #3d444d } .model rect { fill: #121d2f; stroke: #1f6feb }
        .artifact rect { fill: #12261e; stroke: #238636 } .deployment rect { fill: #2d1d10; stroke: #bd561d } .edge { stroke: #656c76 } }
        """;

    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    private sealed record Node(string Name, string Kind, string Detail)
    {
        public int Column { get; set; }

        public int Row { get; set; }

        public int X => Margin + Column * (BoxWidth + ColumnGap);

        public int Y => Margin + Row * (BoxHeight + RowGap);
    }

    /// <summary>Draws the links that <see cref="ModelRegistry.Lineage"/> returned.</summary>
    /// <param name="id">The model asked for.</param>
    /// <param name="links">Its lineage.</param>
    /// <returns>An SVG document, complete in itself.</returns>
    public static string Draw(string id, IReadOnlyList<LineageLink> links)
    {
        ArgumentNullException.ThrowIfNull(links);
        Dictionary<string, Node> nodes = Place(id, links);
        int width = nodes.Values.Max(n => n.X) + BoxWidth + Margin, height = nodes.Values.Max(n => n.Y) + BoxHeight + Margin;
        var picture = new XElement(Svg + "svg",
            new XAttribute("width", width), new XAttribute("height", height), new XAttribute("viewBox", string.Create(CultureInfo.InvariantCulture, $"0 0 {width} {height}")), new XAttribute("role", "img"),
            new XElement(Svg + "title", $"Lineage of {id}"),
            new XElement(Svg + "desc", string.Join("; ", links.Select(l => $"{l.To} from {l.From} ({l.Relation})"))),
            new XElement(Svg + "style", Style),
            links.Select(l => Edge(nodes[l.From], nodes[l.To], l.Relation)),
            nodes.Values.Select(n => Box(n, n.Name == id)));
        return picture.ToString() + "\n";
    }

    // Each node stands right of all it came from; rows in the order of the links.
    private static Dictionary<string, Node> Place(string id, IReadOnlyList<LineageLink> links)
    {
        var nodes = new Dictionary<string, Node>(StringComparer.Ordinal) { [id] = new(id, "model", "") };
        foreach (LineageLink link in links)
        {
            string from = link.Relation is "artifact" or "deployment" ? "model" : link.Relation;
            nodes.TryAdd(link.From, new(link.From, from is "model" || link.Detail.Length > 0 ? "model" : from, from is "model" ? "" : link.Detail));
            nodes.TryAdd(link.To, new(link.To, link.Relation is "artifact" or "deployment" ? link.Relation : "model", link.Relation is "artifact" or "deployment" ? link.Detail : ""));
        }

        // A cycle, which only a mistaken record can make, ends after as many rounds as there are nodes.
        for (int round = 0; round < nodes.Count; round++)
        {
            foreach (LineageLink link in links)
                nodes[link.To].Column = Math.Min(Math.Max(nodes[link.To].Column, nodes[link.From].Column + 1), nodes.Count - 1);
        }

        foreach (IGrouping<int, Node> column in nodes.Values.GroupBy(n => n.Column))
        {
            int row = 0;
            foreach (Node node in column)
                node.Row = row++;
        }

        return nodes;
    }

    private static XElement Box(Node node, bool isSubject)
    {
        string name = node.Kind == "artifact" ? System.IO.Path.GetFileName(node.Name) : node.Name;
        return new XElement(Svg + "g",
            new XAttribute("class", node.Kind + (isSubject ? " subject" : "")),
            new XElement(Svg + "title", node.Name),
            new XElement(Svg + "rect", new XAttribute("x", node.X), new XAttribute("y", node.Y), new XAttribute("width", BoxWidth), new XAttribute("height", BoxHeight), new XAttribute("rx", 6)),
            new XElement(Svg + "text", new XAttribute("x", node.X + 12), new XAttribute("y", node.Y + 20), Short(name)),
            new XElement(Svg + "text", new XAttribute("class", "kind"), new XAttribute("x", node.X + 12), new XAttribute("y", node.Y + 37), node.Detail.Length > 0 ? $"{node.Kind} · {node.Detail}" : node.Kind));
    }

    private static XElement[] Edge(Node from, Node to, string relation)
    {
        int x1 = from.X + BoxWidth, y1 = from.Y + BoxHeight / 2, x2 = to.X, y2 = to.Y + BoxHeight / 2, bend = ColumnGap / 2;
        return
        [
            new XElement(Svg + "path", new XAttribute("class", "edge"), new XAttribute("d", string.Create(CultureInfo.InvariantCulture, $"M{x1} {y1} C{x1 + bend} {y1} {x2 - bend} {y2} {x2} {y2}"))),
            new XElement(Svg + "text", new XAttribute("class", "kind"), new XAttribute("x", x2 - 8), new XAttribute("y", y2 - 6), new XAttribute("text-anchor", "end"), relation),
        ];
    }

    // The end of a name tells more than its beginning.
    private static string Short(string name) => name.Length <= MaxLetters ? name : "…" + name[^(MaxLetters - 1)..];
}
