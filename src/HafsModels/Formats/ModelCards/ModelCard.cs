using System.Text;
using Microsoft.Win32.SafeHandles;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace HafsModels.Formats.ModelCards;

/// <summary>
/// The metadata a model card (README.md) begins with: YAML between two lines <c>---</c>, as the hub reads it. Text is kept as it is written,
/// so the language <c>no</c> is no false and the version <c>1.0</c> no number.
/// </summary>
internal sealed class ModelCard
{
    private const string FileName = "README.md", Fence = "---";
    private const int MaximumBytes = 1 << 20;

    private readonly YamlMappingNode root;

    private ModelCard(YamlMappingNode root) => this.root = root;

    /// <summary>A folder's card; null when there is none, it begins with no metadata, or with such as cannot be read, of which is warned.</summary>
    /// <param name="folder">The model's folder.</param>
    /// <param name="warnings">Takes what is wrong with the metadata. A card is for people: it stops no work on the weights.</param>
    public static ModelCard? TryRead(string folder, ICollection<string> warnings)
    {
        string path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
            return null;
        try
        {
            return Head(path) is not { } head ? null
                : YamlText.Read(head) is not { } root ? null
                : root is YamlMappingNode table ? new ModelCard(table)
                : Invalid($"the lines between {Fence} and {Fence} are no table of keys and values");
        }
        catch (HafsException error)
        {
            return Invalid(error.Message);
        }
        catch (YamlException error)
        {
            return Invalid($"line {error.Start.Line + 1}: {error.Message}");
        }

        ModelCard? Invalid(string message)
        {
            warnings.Add($"{path}: {message}; what the model card says is left out. Correct the lines at the head of {FileName}, or take them away.");
            return null;
        }
    }

    // The lines between the fences, or null; the text behind them may be long, and is not read.
    private static string? Head(string path)
    {
        using SafeFileHandle file = FileBytes.Open(path);
        byte[] start = new byte[Math.Min(RandomAccess.GetLength(file), MaximumBytes)];
        FileBytes.Read(file, 0, start, path);
        using var text = new StreamReader(new MemoryStream(start));
        if (text.ReadLine()?.TrimEnd() != Fence)
            return null;
        var head = new StringBuilder();
        while (text.ReadLine() is { } line && line.TrimEnd() != Fence)
            head.Append(line.Replace("\t", "  ", StringComparison.Ordinal)).Append('\n');
        return head.ToString();
    }

    /// <summary>Who made the model, or null.</summary>
    public string? Author => Text("author", "model_author", "model_creator");

    /// <summary>What the model is, or null.</summary>
    public string? Description => Text("description", "model_description");

    /// <summary>Its licences, separated by commas, or null.</summary>
    public string? License => Texts("license") is { Count: > 0 } licenses ? string.Join(',', licenses) : null;

    /// <summary>Labels, with the task of the pipeline last.</summary>
    public IReadOnlyList<string> Tags => Texts("tags", "pipeline_tag");

    /// <summary>Languages it speaks.</summary>
    public IReadOnlyList<string> Languages => Texts("languages", "language");

    /// <summary>The text at the first of several keys that has one, or null.</summary>
    public string? Text(params ReadOnlySpan<string> keys)
    {
        foreach (string key in keys)
        {
            if (TextOf(Find(root, key)) is { } text)
                return text;
        }

        return null;
    }

    /// <summary>The texts at several keys one after the other; a key holds one text or a list of them.</summary>
    public IReadOnlyList<string> Texts(params IEnumerable<string> keys) =>
        [.. keys.SelectMany(key => Items(Find(root, key))).Select(TextOf).OfType<string>()];

    /// <summary>What stands at the first of several keys that is there: each entry a text, or a table of texts.</summary>
    public IReadOnlyList<(string? Text, IReadOnlyDictionary<string, string> Table)> Entries(params IEnumerable<string> keys) =>
        [.. Items(keys.Select(key => Find(root, key)).FirstOrDefault(node => node is not null)).Select(item => (TextOf(item), TableOf(item)))];

    private static IEnumerable<YamlNode> Items(YamlNode? node) => node is YamlSequenceNode list ? list.Children : node is null ? [] : [node];

    private static YamlNode? Find(YamlMappingNode table, string key) => table.Children.TryGetValue(new YamlScalarNode(key), out YamlNode? value) ? value : null;

    private static string? TextOf(YamlNode? node) =>
        node is YamlScalarNode { Value: { Length: > 0 } text } scalar && (scalar.Style != ScalarStyle.Plain || text is not ("~" or "null")) ? text : null;

    private static Dictionary<string, string> TableOf(YamlNode node)
    {
        var table = new Dictionary<string, string>(StringComparer.Ordinal);
        if (node is not YamlMappingNode map)
            return table;
        foreach ((YamlNode key, YamlNode value) in map.Children)
        {
            if (TextOf(key) is { } name && TextOf(value) is { } text)
                table[name] = text;
        }

        return table;
    }
}
