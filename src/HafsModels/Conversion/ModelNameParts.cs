using System.Globalization;
using System.Text.RegularExpressions;

namespace HafsModels.Conversion;

/// <summary>
/// What a model's name says by the conventions of the hub, as llama.cpp's converter reads it: <c>mistralai/Mixtral-8x7B-Instruct-v0.1</c> is
/// Mixtral of mistralai, 8x7B large, tuned for Instruct, version v0.1.
/// </summary>
/// <param name="Name">The whole name without the organization.</param>
/// <param name="Organization">What stands before the slash, or null.</param>
/// <param name="Basename">The name of the line of models, or null where the rest says nothing.</param>
/// <param name="Finetune">What it was tuned for, or null.</param>
/// <param name="Version">Its version, or null.</param>
/// <param name="SizeLabel">Its size, or null.</param>
internal sealed partial record ModelNameParts(string Name, string? Organization, string? Basename, string? Finetune, string? Version, string? SizeLabel)
{
    [Flags]
    private enum Kinds
    {
        None = 0,
        Basename = 1,
        Size = 2,
        Finetune = 4,
        Version = 8,
        Type = 16,
    }

    /// <summary>Reads a name.</summary>
    /// <param name="name">A name of the hub, with or without organization, or a sentence.</param>
    /// <param name="parameters">Parameters of the model, with which a size in the name must roughly agree; 0 where unknown.</param>
    public static ModelNameParts Parse(string name, long parameters)
    {
        // A name with spaces is for people.
        if (name.Contains(' ', StringComparison.Ordinal))
            return new(name, null, null, null, null, null);
        int slash = name.IndexOf('/', StringComparison.Ordinal);
        string? organization = slash > 0 && name[0] != '.' ? name[..slash] : null;
        name = name[(slash + 1)..];
        (string Text, Kinds Kind)[] parts = [.. name.Split('-', StringSplitOptions.RemoveEmptyEntries).Select((part, i) => Classify(part, i == 0, parameters))];

        // A number tells the size better than a word.
        if (parts.Any(part => part.Kind.HasFlag(Kinds.Size) && part.Text.Any(char.IsAsciiDigit)))
            parts = [.. parts.Select(part => part.Kind.HasFlag(Kinds.Size) && part.Text.All(char.IsLetter) ? (part.Text, part.Kind & ~Kinds.Size) : part)];
        MarkBasename(parts);
        string? size = Join(parts, Kinds.Size, distinct: true);
        string? finetune = Join(parts, Kinds.Finetune);
        string? version = Join([.. parts.Where(part => !part.Kind.HasFlag(Kinds.Basename))], Kinds.Version);
        bool plain = size is null && finetune is null && version is null;
        return new(name, organization, plain ? null : Join(parts, Kinds.Basename), finetune, version, size);
    }

    /// <summary>A name as a title: hyphens become spaces, words of small letters get a capital.</summary>
    public static string Title(string name) =>
        string.Join(' ', name.Replace('-', ' ').Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)
            .Select(word => word.Any(char.IsLower) && !word.Any(char.IsUpper) && !Numbered().IsMatch(word) ? Capitalize(word) : word));

    private static string Capitalize(string word) =>
        string.Concat(word.Select((c, i) => i == 0 || !char.IsLetter(word[i - 1]) ? char.ToUpperInvariant(c) : c));

    private static (string Text, Kinds Kind) Classify(string part, bool first, long parameters)
    {
        if (VersionPart().IsMatch(part))
            return (part, Kinds.Version);
        if (TypePart().IsMatch(part))
            return (part.ToUpperInvariant(), Kinds.Type);
        if (!first && SizePart().IsMatch(part))
        {
            string label = Normalize(part);
            // Far off the model's own size it is something else, mostly a context length.
            bool off = parameters != 0 && ParametersOf(label) is { } stated && Math.Abs(stated - parameters) > 7 * (parameters / 8);
            return off ? (label[..^1] + char.ToLowerInvariant(label[^1]), Kinds.Finetune) : (label, Kinds.Size);
        }

        return (part, !first && TunePart().IsMatch(part) ? Kinds.Finetune : Kinds.None);
    }

    /// <summary>The name of the line is the front up to the first part that says something else, versions within it included.</summary>
    private static void MarkBasename((string Text, Kinds Kind)[] parts)
    {
        bool front = true;
        for (int i = 0; i < parts.Length; i++)
        {
            Kinds kind = parts[i].Kind;
            front = front && (kind.HasFlag(Kinds.Version) || (kind == Kinds.None && char.IsLetter(parts[i].Text[0])));
            if (front)
                parts[i].Kind |= Kinds.Basename;
            else if (kind == Kinds.None)
                parts[i].Kind = Kinds.Finetune;
        }

        for (int i = parts.Length - 1; i >= 0 && parts[i].Kind == (Kinds.Basename | Kinds.Version); i--)
            parts[i].Kind = Kinds.Version;
    }

    private static string Normalize(string label)
    {
        label = label.Replace('_', '.');
        // bloom-7b1 means 7.1b.
        if (char.IsAsciiDigit(label[^1]) && label.Length > 2)
            label = $"{label[..^2]}.{label[^1]}{label[^2]}";
        return label.Length > 1 && char.IsAsciiDigit(label[^2]) && "kmbt".Contains(label[^1], StringComparison.Ordinal) ? label[..^1] + char.ToUpperInvariant(label[^1]) : label;
    }

    private static double? ParametersOf(string label) =>
        double.TryParse(label[..^1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number) && " KMBT".IndexOf(label[^1], StringComparison.Ordinal) is > 0 and int power
            ? number * Math.Pow(1000, power)
            : null;

    private static string? Join((string Text, Kinds Kind)[] parts, Kinds kind, bool distinct = false)
    {
        IEnumerable<string> texts = parts.Where(part => part.Kind.HasFlag(kind)).Select(part => part.Text);
        string joined = string.Join('-', distinct ? texts.Distinct() : texts);
        return joined.Length > 0 ? joined : null;
    }

    [GeneratedRegex(@"^(v\d+(\.\d+)*|\d.*)$")]
    private static partial Regex Numbered();

    [GeneratedRegex(@"^(v|iter)?\d+(\.\d+)*$", RegexOptions.IgnoreCase)]
    private static partial Regex VersionPart();

    [GeneratedRegex(@"^(i?q\d(_\w)*|b?fp?(16|32))$", RegexOptions.IgnoreCase)]
    private static partial Regex TypePart();

    [GeneratedRegex(@"^((A|\d+x)?\d+([._]\d+)?[KMBT]\d?|small|mini|medium|large|x?xl)$", RegexOptions.IgnoreCase)]
    private static partial Regex SizePart();

    [GeneratedRegex("^(chat|instruct|vision|lora)$", RegexOptions.IgnoreCase)]
    private static partial Regex TunePart();
}
