using System.Globalization;

namespace HafsModels.Architectures;

/// <summary>
/// A formula in a family's data: numbers, names, <c>+ - * /</c>, comparisons (1 or 0), <c>and</c>, and the functions of <see cref="Functions"/>. A name with a capital
/// letter is a <see cref="DecoderValues"/> value or <c>Layer</c>; another is a key of config.json, nested ones written <c>a.b</c>; <c>key=word</c> asks whether a key
/// holds that word; <c>name?</c> is 0 where the name is not stated. A formula with a name that is nowhere stated has no value.
/// </summary>
internal sealed class FamilyExpression
{
    private static readonly Dictionary<string, (int Arguments, Func<double[], double> Compute)> Functions = new()
    {
        ["sqrt"] = (1, a => Math.Sqrt(a[0])),
        ["floor"] = (1, a => Math.Floor(a[0])),
        ["ln"] = (1, a => Math.Log(a[0])),
        ["min"] = (2, a => Math.Min(a[0], a[1])),
        ["max"] = (2, a => Math.Max(a[0], a[1])),
        ["choose"] = (3, a => a[0] != 0 ? a[1] : a[2]),
    };

    private static readonly (string Symbol, Func<double, double, double> Compute)[][] Levels =
    [
        [(" and ", (a, b) => a != 0 && b != 0 ? 1 : 0)],
        [("<=", (a, b) => a <= b ? 1 : 0), (">=", (a, b) => a >= b ? 1 : 0), ("==", (a, b) => a == b ? 1 : 0), ("!=", (a, b) => a != b ? 1 : 0), ("<", (a, b) => a < b ? 1 : 0), (">", (a, b) => a > b ? 1 : 0)],
        [("+", (a, b) => a + b), ("-", (a, b) => a - b)],
        [("*", (a, b) => a * b), ("/", (a, b) => a / b)],
    ];

    private readonly Func<Func<string, double?>, double?> evaluate;
    private readonly HashSet<string> names = new(StringComparer.Ordinal);
    private int position;

    /// <summary>Reads a formula.</summary>
    /// <exception cref="FormatException">It cannot be read; the message says where.</exception>
    public FamilyExpression(string text)
    {
        Text = text;
        evaluate = Level(0);
        SkipSpaces();
        if (position < text.Length)
            throw Malformed("an operator");
    }

    /// <summary>The formula as written.</summary>
    public string Text { get; }

    /// <summary>Every name in it.</summary>
    public IReadOnlyCollection<string> Names => names;

    /// <summary>Whether a name is a key of config.json.</summary>
    public static bool IsConfigKey(string name) => !char.IsUpper(name[0]);

    /// <summary>Its value; null when a name has none.</summary>
    public double? Evaluate(Func<string, double?> lookup) => evaluate(lookup);

    private Func<Func<string, double?>, double?> Level(int level)
    {
        if (level == Levels.Length)
            return Operand();
        Func<Func<string, double?>, double?> left = Level(level + 1);
        while (Operator(level) is { } compute)
        {
            Func<Func<string, double?>, double?> first = left, second = Level(level + 1);
            left = lookup => first(lookup) is { } a && second(lookup) is { } b ? compute(a, b) : null;
        }

        return left;
    }

    private Func<double, double, double>? Operator(int level)
    {
        int start = position;
        SkipSpaces();
        foreach ((string symbol, Func<double, double, double> compute) in Levels[level])
        {
            string bare = symbol.Trim();
            if (string.CompareOrdinal(Text, position, bare, 0, bare.Length) == 0)
            {
                position += bare.Length;
                return compute;
            }
        }

        position = start;
        return null;
    }

    private Func<Func<string, double?>, double?> Operand()
    {
        SkipSpaces();
        if (Take('('))
            return Closed(Level(0));
        if (Take('-'))
        {
            Func<Func<string, double?>, double?> negated = Operand();
            return lookup => -negated(lookup);
        }

        int start = position;
        if (position < Text.Length && char.IsAsciiDigit(Text[position]))
        {
            while (position < Text.Length && (char.IsAsciiLetterOrDigit(Text[position]) || Text[position] == '.' || (Text[position] == '-' && Text[position - 1] == 'e')))
                position++;
            double number = double.Parse(Text.AsSpan(start, position - start), CultureInfo.InvariantCulture);
            return _ => number;
        }

        while (position < Text.Length && (char.IsAsciiLetterOrDigit(Text[position]) || Text[position] is '_' or '.'))
            position++;
        string name = Text[start..position];
        if (name.Length == 0)
            throw Malformed("a number, a name or (");
        if (Functions.TryGetValue(name, out (int Arguments, Func<double[], double> Compute) function))
            return Call(name, function.Arguments, function.Compute);
        if (position + 1 < Text.Length && Text[position] == '=' && char.IsAsciiLetter(Text[position + 1]))
        {
            position++;
            while (position < Text.Length && (char.IsAsciiLetterOrDigit(Text[position]) || Text[position] == '_'))
                position++;
            name = Text[start..position];
        }

        names.Add(name);
        if (position >= Text.Length || Text[position] != '?')
            return lookup => lookup(name);
        position++;
        return lookup => lookup(name) ?? 0;
    }

    private Func<Func<string, double?>, double?> Call(string name, int count, Func<double[], double> compute)
    {
        if (!Take('('))
            throw Malformed("(");
        var arguments = new List<Func<Func<string, double?>, double?>>();
        do
            arguments.Add(Level(0));
        while (Take(','));
        if (arguments.Count != count)
            throw new FormatException($"\"{Text}\": {name} takes {count} arguments, not {arguments.Count}");
        return Closed(lookup =>
        {
            double?[] values = [.. arguments.Select(a => a(lookup))];
            return values.Contains(null) ? null : compute([.. values.Select(v => v!.Value)]);
        });
    }

    private Func<Func<string, double?>, double?> Closed(Func<Func<string, double?>, double?> inner) => Take(')') ? inner : throw Malformed(")");

    private bool Take(char symbol)
    {
        SkipSpaces();
        if (position >= Text.Length || Text[position] != symbol)
            return false;
        position++;
        return true;
    }

    private void SkipSpaces()
    {
        while (position < Text.Length && Text[position] == ' ')
            position++;
    }

    private FormatException Malformed(string wanted) => new($"\"{Text}\": {wanted} is needed at {position}");
}
