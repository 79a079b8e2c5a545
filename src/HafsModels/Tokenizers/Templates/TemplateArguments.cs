namespace HafsModels.Tokenizers.Templates;

/// <summary>The arguments of a filter, a test or a method, by the position of its parameters.</summary>
internal sealed class TemplateArguments
{
    private readonly object?[] values;
    private readonly bool[] given;

    private TemplateArguments(object?[] values, bool[] given, IReadOnlyDictionary<string, object?> named, TemplateWork work) =>
        (this.values, this.given, Named, Work) = (values, given, named, work);

    /// <summary>All values; those that are not given are null.</summary>
    public IReadOnlyList<object?> Values => values;

    /// <summary>The arguments given by name.</summary>
    public IReadOnlyDictionary<string, object?> Named { get; }

    public TemplateWork Work { get; }

    /// <summary>The value of a required parameter, or of an optional one whose default is none.</summary>
    /// <exception cref="HafsException">A filter that takes any number is given too few.</exception>
    public object? this[int parameter] => parameter < values.Length ? values[parameter] : throw TemplateErrors.Value("an argument is missing");

    /// <summary>
    /// Gives each parameter its value, from positions first. Parameters whose names end in '?' need not be given; null takes any number and any name.
    /// </summary>
    /// <exception cref="HafsException">There are too many, too few, or unknown ones.</exception>
    public static TemplateArguments Bind(string what, IReadOnlyList<string>? parameters, IReadOnlyList<object?> positional, IReadOnlyDictionary<string, object?> named, TemplateWork work)
    {
        if (parameters is null)
            return new TemplateArguments([.. positional], [.. positional.Select(_ => true)], named, work);
        if (positional.Count > parameters.Count)
            throw TemplateErrors.Value($"{what} takes {parameters.Count} arguments, not {positional.Count}");
        var values = new object?[parameters.Count];
        var given = new bool[parameters.Count];
        int found = 0;
        for (int i = 0; i < values.Length; i++)
        {
            string name = parameters[i].TrimEnd('?');
            bool byName = named.TryGetValue(name, out object? value);
            given[i] = byName || i < positional.Count;
            values[i] = work.SpendOn(i < positional.Count ? positional[i] : value);
            found += byName ? 1 : 0;
            if (byName && i < positional.Count)
                throw TemplateErrors.Value($"{what} is given '{name}' twice");
            if (!given[i] && !parameters[i].EndsWith('?'))
                throw TemplateErrors.Value($"{what} lacks the argument '{name}'");
        }

        return found == named.Count ? new TemplateArguments(values, given, named, work)
            : throw TemplateErrors.Value($"{what} has no parameter '{named.Keys.First(name => !parameters.Any(parameter => parameter.TrimEnd('?') == name))}'");
    }

    /// <summary>The value of an optional parameter.</summary>
    public object? Get(int parameter, object? otherwise) => given[parameter] ? values[parameter] : otherwise;

    /// <exception cref="HafsException">The value is no text.</exception>
    public string Text(int parameter) => values[parameter] as string
        ?? throw TemplateErrors.Value($"argument {parameter + 1} must be a string, not a {TemplateValues.NameOf(values[parameter])}");

    public bool IsTrue(int parameter) => TemplateValues.IsTrue(values[parameter]);
}
