using System.Globalization;
using System.Text.RegularExpressions;
using HafsModels.Formats;
using HafsModels.Tensors;

namespace HafsModels.Architectures;

/// <summary>Finds the tensors of a family in a checkpoint and gives them their roles.</summary>
internal sealed class FamilyTensors
{
    private readonly ModelFamily family;
    private readonly ModelConfig config;
    private readonly DecoderConfig decoder;
    private readonly Checkpoint checkpoint;
    private readonly string path;
    private readonly Dictionary<string, (int Index, TensorInfo Tensor)> byName = new(StringComparer.Ordinal);
    private readonly HashSet<string> used = new(StringComparer.Ordinal);
    private readonly List<string> missing = [];

    /// <summary>Takes an open checkpoint.</summary>
    /// <param name="family">What its tensors mean.</param>
    /// <param name="config">Its config.json.</param>
    /// <param name="decoder">Sizes from it.</param>
    /// <param name="checkpoint">The weights.</param>
    /// <param name="path">Folder, for messages.</param>
    /// <param name="textOnly">Whether towers for pictures and sound are left out.</param>
    public FamilyTensors(ModelFamily family, ModelConfig config, DecoderConfig decoder, Checkpoint checkpoint, string path, bool textOnly)
    {
        this.family = family;
        this.config = config;
        this.decoder = decoder;
        this.checkpoint = checkpoint;
        this.path = path;
        for (int i = 0; i < checkpoint.Tensors.Count; i++)
        {
            string name = checkpoint.Tensors[i].Name;
            if (TowerOf(name) is { } tower)
            {
                if (!textOnly)
                    throw new HafsException(ErrorKind.Unsupported, "UnsupportedTower", $"{path}: Unsupported: {tower} (tensor {name})", path, "The text part alone can be converted: -TextOnly (hafs: --text-only).");
                continue;
            }

            string inFamily = NameInFamily(name, textOnly);
            if (!byName.TryAdd(inFamily, (i, checkpoint.Tensors[i])))
                throw new HafsException(ErrorKind.InvalidData, "TensorTwice", $"{path}: {name} and {byName[inFamily].Tensor.Name} are both {inFamily} of the family {family.Name}", path, "Dropping one of them could change what the model answers.");
        }
    }

    /// <summary>Every tensor by role, in the order of the checkpoint.</summary>
    /// <exception cref="HafsException">A tensor is missing, left over, or of another shape.</exception>
    public List<ModelTensor> Match()
    {
        var found = new List<(int Index, ModelTensor Tensor)>();
        foreach (FamilyData.TensorRule rule in family.Data.Tensors)
        {
            int layers = rule.Role.Contains("{i}", StringComparison.Ordinal) ? decoder.LayerCount : 1;
            for (int i = 0; i < layers; i++)
            {
                if (ModelFamily.Holds(rule.When, config, decoder, i) && Find(rule, i) is { } match)
                    found.Add(match);
            }
        }

        string[] unknown = [.. byName.Keys.Where(name => !used.Contains(name) && !IsIgnored(name))];
        if (missing.Count > 0 || unknown.Length > 0)
        {
            throw new HafsException(
                ErrorKind.InvalidData,
                missing.Count > 0 ? "TensorsMissing" : "TensorsUnknown",
                $"{path}: the weights do not fit the family {family.Name} with {decoder.LayerCount} blocks: missing {Some(missing)}; not known {Some(unknown)}",
                path,
                missing.Count > 0 ? "The checkpoint is incomplete, or config.json belongs to another model." : "Dropping a tensor would change what the model answers.");
        }

        return
        [
            .. found.OrderBy(f => f.Index).Select(f => f.Tensor),
            .. RopeFrequencies.Of(config, decoder).Select(f => new ModelTensor(f.Role, ElementType.F32, new ComputedRows(f.Factors), null)),
        ];
    }

    private (int Index, ModelTensor Tensor)? Find(FamilyData.TensorRule rule, int layer)
    {
        string name = ModelFamily.At(rule.Name, layer);
        bool isStack = name.Contains("{e}", StringComparison.Ordinal);
        int count = isStack ? (int)new FamilyExpression(rule.Count).Evaluate(n => DecoderValues.All[n].Read(decoder))!.Value : 1;
        string? exponents = rule.Exponents is null ? null : ModelFamily.At(rule.Exponents, layer);
        IEnumerable<string> wanted = Enumerable.Range(0, count).Select(e => name.Replace("{e}", e.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal));

        // A tied checkpoint may carry its head as well; the embedding is what counts.
        if (rule.AbsentWhenTied && decoder.TiedEmbeddings)
        {
            used.Add(name);
            return null;
        }

        // The first name that is missing is enough to say, however many experts config.json claims.
        if (wanted.Concat(exponents is null ? [] : [exponents]).FirstOrDefault(n => !byName.ContainsKey(n)) is { } absent)
        {
            if (!rule.Optional)
                missing.Add(absent);
            return null;
        }

        string[] names = [.. wanted], needed = exponents is null ? names : [.. names, exponents];
        used.UnionWith(needed);
        string role = ModelFamily.At(rule.Role, layer);
        Shape shape = rule.Shape is null ? TensorShapes.Of(role, decoder)! : TensorShapes.Of(rule.Shape.Select(s => new FamilyExpression(s)), decoder);
        RowTransform[] transforms = [.. rule.Transform.Select(t => RowTransforms.All[t])];
        Shape[] shapes = Shapes(shape, transforms, decoder);
        Shape item = isStack ? new Shape([.. shapes[0].Skip(1)]) : shapes[0];
        if (exponents is not null)
        {
            RequireShape(exponents, role, byName[exponents].Tensor.Shape, new Shape([.. item.SkipLast(1), item[item.Count - 1] / MicroscaledRows.Group]));
            RequireShape(names[0], role, byName[names[0]].Tensor.Shape, Packed(item));
        }
        else
        {
            foreach (string n in names)
                RequireShape(n, role, byName[n].Tensor.Shape, item);
        }

        TensorRows[] items = exponents is null
            ? [.. names.Select(n => checkpoint.Open(byName[n].Tensor.Name))]
            : [new MicroscaledRows(checkpoint.OpenBytes(byName[names[0]].Tensor.Name), checkpoint.OpenBytes(byName[exponents].Tensor.Name), item)];
        TensorRows rows = isStack ? new StackedRows(items) : items[0];
        for (int t = 0; t < transforms.Length; t++)
            rows = transforms[t].Apply(rows, shapes[t + 1], decoder);
        ElementType[] types = [.. names.Select(n => byName[n].Tensor.Type).Distinct()];

        // BF16 holds every number of MXFP4.
        ElementType type = exponents is not null ? ElementType.BF16 : types.Length == 1 && !transforms.Any(t => t.ChangesNumbers) ? types[0] : ElementType.F32;
        return (byName[names[0]].Index, new ModelTensor(role, type, rows, rule.Gguf)
        {
            Sources = [.. needed.Select(n => byName[n].Tensor.Name)],
            SourceTransforms = rule.Transform,
        });
    }

    /// <summary>Shape of the codes of a tensor packed in MXFP4.</summary>
    internal static Shape Packed(Shape shape) => new([.. shape.SkipLast(1), shape[shape.Count - 1] / MicroscaledRows.Group, MicroscaledRows.Group / 2]);

    /// <summary>The shapes before each transform and after the last.</summary>
    internal static Shape[] Shapes(Shape shape, IReadOnlyList<RowTransform> transforms, DecoderConfig decoder)
    {
        var shapes = new Shape[transforms.Count + 1];
        shapes[^1] = shape;
        for (int t = transforms.Count - 1; t >= 0; t--)
            shapes[t] = transforms[t].SourceShape(shapes[t + 1], decoder);
        return shapes;
    }

    private void RequireShape(string name, string role, Shape found, Shape expected)
    {
        if (expected.Equals(found))
            return;
        throw new HafsException(
            ErrorKind.InvalidData,
            "TensorShape",
            $"{path}: {name} has shape {found}, but config.json makes it {expected}",
            path,
            role == "token_embd.weight" ? "The vocabulary was resized without updating vocab_size in config.json, or the other way round." : null);
    }

    private string? TowerOf(string name) => family.Defaults.Towers.Where(t => name.StartsWith(t.Key, StringComparison.Ordinal)).Select(t => t.Value).FirstOrDefault();

    private string NameInFamily(string name, bool textOnly)
    {
        if (textOnly && family.Defaults.TextPrefixes.FirstOrDefault(p => name.StartsWith(p.Key, StringComparison.Ordinal)) is { Key: not null } text)
            name = text.Value + name[text.Key.Length..];
        string? prefix = family.Data.Prefixes.FirstOrDefault(p => name.StartsWith(p, StringComparison.Ordinal));
        return prefix is null ? name : name[prefix.Length..];
    }

    private bool IsIgnored(string name) => family.Data.Ignored.Any(pattern =>
    {
        string regex = Regex.Escape(pattern).Replace("\\{i}", "\\d+", StringComparison.Ordinal).Replace("\\{beyond}", "(?<beyond>\\d+)", StringComparison.Ordinal).Replace("\\*", ".*", StringComparison.Ordinal);
        Match match = Regex.Match(name, $"^{regex}$", RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
        return match.Success && (!match.Groups["beyond"].Success || (long.TryParse(match.Groups["beyond"].Value, CultureInfo.InvariantCulture, out long layer) && layer >= decoder.LayerCount));
    });

    private static string Some(IReadOnlyCollection<string> names) => names.Count == 0
        ? "none"
        : string.Join(", ", names.Take(5)) + (names.Count > 5 ? $" and {names.Count - 5} more" : "");
}
