using System.Text;

namespace HafsModels.Tokenizers.Templates;

/// <summary>What the signs between values do, with Python's meaning.</summary>
internal static class TemplateOperators
{
    public static object? Apply(string sign, object? left, object? right, TemplateWork work) => sign switch
    {
        "==" => TemplateValues.AreEqual(left, right, work),
        "!=" => !TemplateValues.AreEqual(left, right, work),
        "<" => TemplateValues.Compare(left, right, work) < 0,
        "<=" => TemplateValues.Compare(left, right, work) <= 0,
        ">" => TemplateValues.Compare(left, right, work) > 0,
        ">=" => TemplateValues.Compare(left, right, work) >= 0,
        "in" => Contains(right, left, work),
        "not in" => !Contains(right, left, work),
        "~" => Concatenate(TemplateValues.Show(left), TemplateValues.Show(right), work),
        "+" when left is string a && right is string b => Concatenate(a, b, work),
        "+" when left is List<object?> a && right is List<object?> b && left is TemplateTuple == right is TemplateTuple => Join(a, b, work),
        "*" when left is string or List<object?> && WholeOf(right) is { } times => Repeat(left, Math.Max(0, times), work),
        "*" when right is string or List<object?> && WholeOf(left) is { } times => Repeat(right, Math.Max(0, times), work),
        _ when WholeOf(left) is { } a && WholeOf(right) is { } b && sign is not ("/" or "**") => Calculate(sign, a, b),
        _ => Calculate(sign, left, right),
    };

    public static bool Contains(object? container, object? item, TemplateWork work) => work.SpendOn(container) switch
    {
        string text => item is string part ? text.Contains(part, StringComparison.Ordinal) : throw TemplateErrors.Value($"a {TemplateValues.NameOf(item)} cannot be looked for in a string"),
        List<object?> items => items.Any(other => TemplateValues.AreEqual(other, item, work)),
        OrderedDictionary<string, object?> pairs => item is not TemplateTuple && pairs.ContainsKey(TemplateValues.Key(work.SpendOn(item))),
        Undefined => false,
        _ => throw TemplateErrors.Value($"a {TemplateValues.NameOf(container)} contains nothing"),
    };

    /// <summary>A member by name or index; undefined when it is not there.</summary>
    public static object? Member(object? target, object? index, TemplateWork work, bool methodsFirst = false) => (target, work.SpendOn(index)) switch
    {
        (Undefined, _) => throw TemplateErrors.Value($"'{TemplateValues.Show(index)}' is asked of an undefined value"),
        (_, string name) when methodsFirst && TemplateMethods.Find(target, name, work) is { } method => method,
        (OrderedDictionary<string, object?> pairs, string or long or double or bool or null) when pairs.TryGetValue(TemplateValues.Key(index), out object? value) => value,
        (TemplateNamespace space, string key) => space.Members.GetValueOrDefault(key, Undefined.Value),
        (List<object?> items, long at) => At(items.Count, at) is { } i ? items[i] : Undefined.Value,
        (string text, long at) => TemplateRunes.Of(text, work) is var runes && At(runes.Count, at) is { } i ? runes.Take(i, i + 1) : Undefined.Value,
        (_, string name) => TemplateMethods.Find(target, name, work) ?? (object?)Undefined.Value,
        _ => Undefined.Value,
    };

    public static object? Slice(object? target, long? start, long? stop, long? step, TemplateWork work)
    {
        long by = step ?? 1;
        if (by == 0)
            throw TemplateErrors.Value("a slice steps by zero");
        if (target is string text)
        {
            TemplateRunes runes = TemplateRunes.Of(text, work);
            (long from, long to) = Bounds(start, stop, by, runes.Count);
            work.Spend(by == 1 ? 0 : Math.Abs(to - from));
            return by == 1 ? runes.Take((int)from, (int)Math.Max(from, to)) : string.Concat(Indices(from, to, by).Select(i => runes.Take(i, i + 1)));
        }

        if (target is not List<object?> items)
            throw TemplateErrors.Value($"a slice is asked of a {TemplateValues.NameOf(target)}");
        (long first, long end) = Bounds(start, stop, by, items.Count);
        work.SpendItems(Math.Abs(end - first));
        IEnumerable<object?> taken = Indices(first, end, by).Select(i => items[i]);
        return target is TemplateTuple ? new TemplateTuple(taken) : taken.ToList();
    }

    private static (long Start, long Stop) Bounds(long? start, long? stop, long step, long count)
    {
        (long low, long high) = step > 0 ? (0, count) : (-1, count - 1);
        long Clamp(long? at, long otherwise) => at is not { } value ? otherwise : Math.Clamp(value < 0 ? value + count : value, low, high);
        return step > 0 ? (Clamp(start, low), Clamp(stop, high)) : (Clamp(start, high), Clamp(stop, low));
    }

    private static IEnumerable<int> Indices(long from, long to, long by)
    {
        for (Int128 i = from; by > 0 ? i < to : i > to; i += by)
            yield return (int)i;
    }

    private static List<object?> Join(List<object?> left, List<object?> right, TemplateWork work)
    {
        work.SpendItems(left.Count + right.Count);
        IEnumerable<object?> all = left.Concat(right);
        return left is TemplateTuple ? new TemplateTuple(all) : [.. all];
    }

    private static object Repeat(object? value, long times, TemplateWork work)
    {
        // Beyond any limit the exact count does not matter, and a product could overflow.
        int count = (int)Math.Min(times, int.MaxValue);
        if (value is string text)
        {
            work.SpendText((long)text.Length * count);
            return text.Length == 1 ? new string(text[0], count) : new StringBuilder().Insert(0, text, text.Length == 0 ? 0 : count).ToString();
        }

        var items = (List<object?>)value!;
        work.SpendItems((long)items.Count * count);
        IEnumerable<object?> all = Enumerable.Repeat(items, items.Count == 0 ? 0 : count).SelectMany(item => item);
        return items is TemplateTuple ? new TemplateTuple(all) : all.ToList();
    }

    /// <summary>The remainder has the sign of the divisor, even where it is zero.</summary>
    private static double Remainder(double x, double y)
    {
        double remainder = x % y;
        return remainder == 0 ? Math.CopySign(0, y) : remainder < 0 != y < 0 ? remainder + y : remainder;
    }

    private static long Power(long number, long times)
    {
        long power = 1;
        for (; times > 0; times >>= 1, number = unchecked(number * number))
            power = unchecked(times % 2 == 1 ? power * number : power);
        return power;
    }

    private static int? At(int count, long at) => at < 0 ? at + count >= 0 ? (int)(at + count) : null : at < count ? (int)at : null;

    private static string Concatenate(string left, string right, TemplateWork work)
    {
        work.SpendText((long)left.Length + right.Length);
        return left + right;
    }

    /// <summary>An integer (booleans count as 0 and 1), or null.</summary>
    public static long? WholeOf(object? value) => value is bool flag ? flag ? 1 : 0 : value as long?;

    private static object Calculate(string sign, long a, long b)
    {
        if (sign is "//" or "%" && b == 0)
            throw TemplateErrors.Value("a division by zero");
        try
        {
            return checked(sign switch
            {
                "+" => a + b,
                "-" => a - b,
                "*" => a * b,
                "//" when b == -1 => -a,
                "//" => (a / b) - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0),
                "%" when b == -1 => 0L,
                "%" => ((a % b) + b) % b,
                _ => throw TemplateErrors.Value($"'{sign}' has no meaning"),
            });
        }
        catch (OverflowException)
        {
            throw TemplateErrors.TooMuch("an integer has more than 64 bits");
        }
    }

    private static object Calculate(string sign, object? left, object? right)
    {
        if (TemplateValues.Number(left) is not { } x || TemplateValues.Number(right) is not { } y)
            throw TemplateErrors.Value($"a {TemplateValues.NameOf(left)} {sign} a {TemplateValues.NameOf(right)} has no meaning");
        if ((sign is "/" or "//" or "%" && y == 0) || (sign == "**" && x == 0 && y < 0))
            throw TemplateErrors.Value("a division by zero");
        return sign switch
        {
            "+" => x + y,
            "-" => x - y,
            "*" => x * y,
            "/" => x / y,
            "//" => Math.Round((x - Remainder(x, y)) / y),
            "%" => Remainder(x, y),
            "**" when WholeOf(left) is { } a && WholeOf(right) is >= 0 and var b && Math.Abs(Math.Pow(a, b)) < long.MaxValue => (object)Power(a, b),
            "**" when x < 0 && y != Math.Floor(y) => throw TemplateErrors.Value("a root of a negative number"),
            "**" => Math.Pow(x, y),
            _ => throw TemplateErrors.Value($"'{sign}' has no meaning"),
        };
    }
}
