namespace HafsModels.Tokenizers.Templates;

/// <summary>What the signs between values do, with Python's meaning.</summary>
internal static class TemplateOperators
{
    private const int MaximumText = 16 << 20;

    public static object? Apply(string sign, object? left, object? right) => sign switch
    {
        "==" => TemplateValues.AreEqual(left, right),
        "!=" => !TemplateValues.AreEqual(left, right),
        "<" => TemplateValues.Compare(left, right) < 0,
        "<=" => TemplateValues.Compare(left, right) <= 0,
        ">" => TemplateValues.Compare(left, right) > 0,
        ">=" => TemplateValues.Compare(left, right) >= 0,
        "in" => Contains(right, left),
        "not in" => !Contains(right, left),
        "~" => Limit(TemplateValues.Show(left) + TemplateValues.Show(right)),
        "+" when left is string a && right is string b => Limit(a + b),
        "+" when left is List<object?> a && right is List<object?> b => a.Count + b.Count <= 1_000_000 ? a.Concat(b).ToList() : throw TemplateErrors.TooMuch("a list has more than 1,000,000 items"),
        "*" when left is string text && right is long times => text.Length * Math.Max(0, times) <= MaximumText ? string.Concat(Enumerable.Repeat(text, (int)Math.Max(0, times))) : throw TemplateErrors.TooMuch("a text is too long"),
        "*" when left is List<object?> items && right is long times => items.Count * Math.Max(0, times) <= 1_000_000 ? Enumerable.Repeat(items, (int)Math.Max(0, times)).SelectMany(item => item).ToList() : throw TemplateErrors.TooMuch("a list has more than 1,000,000 items"),
        _ when WholeOf(left) is { } a && WholeOf(right) is { } b && sign is not ("/" or "**") => Calculate(sign, a, b),
        _ => Calculate(sign, left, right),
    };

    public static bool Contains(object? container, object? item) => container switch
    {
        string text => item is string part ? text.Contains(part, StringComparison.Ordinal) : throw TemplateErrors.Value($"a {TemplateValues.NameOf(item)} cannot be looked for in a string"),
        List<object?> items => items.Any(other => TemplateValues.AreEqual(other, item)),
        OrderedDictionary<string, object?> pairs => pairs.ContainsKey(TemplateValues.Key(item)),
        Undefined => false,
        _ => throw TemplateErrors.Value($"a {TemplateValues.NameOf(container)} contains nothing"),
    };

    /// <summary>A member by name or index; undefined when it is not there.</summary>
    public static object? Member(object? target, object? index, bool methodsFirst = false) => (target, index) switch
    {
        (Undefined, _) => throw TemplateErrors.Value($"'{TemplateValues.Show(index)}' is asked of an undefined value"),
        (_, string name) when methodsFirst && TemplateMethods.Find(target, name) is { } method => method,
        (OrderedDictionary<string, object?> pairs, string or long or double or bool or null) when pairs.TryGetValue(TemplateValues.Key(index), out object? value) => value,
        (TemplateNamespace space, string key) => space.Members.GetValueOrDefault(key, Undefined.Value),
        (List<object?> items, long at) => At(items.Count, at) is { } i ? items[i] : Undefined.Value,
        (string text, long at) => TemplateValues.Iterate(text) is var runes && At(runes.Count, at) is { } i ? runes[i] : Undefined.Value,
        (_, string name) => TemplateMethods.Find(target, name) ?? (object?)Undefined.Value,
        _ => Undefined.Value,
    };

    public static object? Slice(object? target, long? start, long? stop, long? step)
    {
        IReadOnlyList<object?> items = TemplateValues.Iterate(target);
        long by = step ?? 1;
        if (by == 0)
            throw TemplateErrors.Value("a slice steps by zero");
        long count = items.Count;
        long Clamp(long? at, long otherwise, long low, long high) => at is not { } value ? otherwise : Math.Clamp(value < 0 ? value + count : value, low, high);
        var taken = new List<object?>();
        if (by > 0)
        {
            for (long i = Clamp(start, 0, 0, count); i < Clamp(stop, count, 0, count); i += by)
                taken.Add(items[(int)i]);
        }
        else
        {
            for (long i = Clamp(start, count - 1, -1, count - 1); i > Clamp(stop, -1, -1, count - 1); i += by)
                taken.Add(items[(int)i]);
        }

        return target is string ? string.Concat(taken) : taken;
    }

    private static long Power(long number, long times)
    {
        long power = 1;
        for (; times > 0; times >>= 1, number = unchecked(number * number))
            power = unchecked(times % 2 == 1 ? power * number : power);
        return power;
    }

    private static int? At(int count, long at) => at < 0 ? at + count >= 0 ? (int)(at + count) : null : at < count ? (int)at : null;

    private static string Limit(string text) => text.Length <= MaximumText ? text : throw TemplateErrors.TooMuch($"a text has more than {MaximumText:N0} characters");

    private static long? WholeOf(object? value) => value is bool flag ? flag ? 1 : 0 : value as long?;

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
            "//" => Math.Floor(x / y),
            "%" => x - (y * Math.Floor(x / y)),
            "**" when WholeOf(left) is { } a && WholeOf(right) is >= 0 and var b && Math.Abs(Math.Pow(a, b)) < long.MaxValue => Power(a, b),
            "**" => Math.Pow(x, y),
            _ => throw TemplateErrors.Value($"'{sign}' has no meaning"),
        };
    }
}
