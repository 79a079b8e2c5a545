namespace HafsModels.Transfer.Toml;

/// <summary>A table of a settings file, read by keys of known types; an absent table reads as empty.</summary>
internal sealed class TomlSection
{
    private readonly TomlTable table;
    private readonly string file;
    private readonly string place;

    /// <summary>A table at the root of the file.</summary>
    /// <exception cref="HafsException">There is something else of that name.</exception>
    public TomlSection(TomlTable root, string file, string name)
        : this(root[name], file, name, name)
    {
    }

    private TomlSection(object? value, string file, string place, string name)
    {
        this.file = file;
        this.place = place;
        Name = name;
        table = value switch
        {
            null => new TomlTable(),
            TomlTable found => found,
            _ => throw Wrong(file, place, value, "a table"),
        };
    }

    /// <summary>Its own name.</summary>
    public string Name { get; }

    /// <summary>The tables within a table at the root of the file: <c>[hosts.NAME]</c>.</summary>
    public static IEnumerable<TomlSection> Within(TomlTable root, string file, string name) =>
        new TomlSection(root, file, name).table.Select(t => new TomlSection(t.Value, file, $"{name}.{t.Key}", t.Key));

    /// <summary>Text that must be there.</summary>
    public string Require(string key) => Text(key) is { Length: > 0 } text ? text
        : throw new HafsException(ErrorKind.InvalidData, "SyncConfigInvalid", $"{file}: [{place}] has no {key}", file);

    /// <summary>Text, or null.</summary>
    public string? Text(string key) => table[key] is { } value ? value as string ?? throw Wrong(file, $"{place}.{key}", value, "text") : null;

    /// <summary>True or false, or null.</summary>
    public bool? Flag(string key) => table[key] is { } value ? value as bool? ?? throw Wrong(file, $"{place}.{key}", value, "true or false") : null;

    /// <summary>A number within bounds, or null.</summary>
    public double? Number(string key, double least, double most) => table[key] switch
    {
        null => null,
        long whole when whole >= least && whole <= most => whole,
        double real when real >= least && real <= most => real,
        var value => throw Wrong(file, $"{place}.{key}", value, $"a number from {least} to {most}"),
    };

    private static HafsException Wrong(string file, string place, object value, string expected) =>
        new(ErrorKind.InvalidData, "SyncConfigInvalid", $"{file}: {place} is {value switch { string text => $"\"{text}\"", TomlTable => "a table", TomlArray => "an array", _ => Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture) }}; it must be {expected}", file);
}
