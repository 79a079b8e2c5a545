using System.Text;

namespace HafsModels.Transfer.Toml;

/// <summary>Reads TOML 1.0 (https://toml.io/en/v1.0.0): keys, headers and tables; <see cref="TomlValueReader"/> reads what stands after the equals sign.</summary>
internal sealed class TomlReader
{
    private readonly TomlCursor cursor;
    private readonly TomlValueReader values;
    private readonly TomlTable root = new() { Origin = TomlTableOrigin.Header };

    private TomlReader(string text, string name)
    {
        cursor = new TomlCursor(text, name);
        values = new TomlValueReader(cursor, AddPair);
    }

    /// <summary>Reads a document.</summary>
    /// <param name="bytes">The document; UTF-8, a byte order mark is passed over.</param>
    /// <param name="name">What it is called in errors: its path.</param>
    /// <exception cref="HafsException"><see cref="ErrorKind.InvalidData"/>, with line and column (from 1, in code points).</exception>
    public static TomlTable Read(ReadOnlySpan<byte> bytes, string name)
    {
        if (bytes.StartsWith(Encoding.UTF8.Preamble))
            bytes = bytes[3..];
        try
        {
            return Read(new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes), name);
        }
        catch (DecoderFallbackException e)
        {
            throw new HafsException(ErrorKind.InvalidData, "TomlInvalid", $"{name}: byte {e.Index}: not UTF-8, as TOML must be", name, inner: e);
        }
    }

    /// <summary>Reads a document; see <see cref="Read(ReadOnlySpan{byte}, string)"/>.</summary>
    public static TomlTable Read(string text, string name) => new TomlReader(text, name).Document();

    private TomlTable Document()
    {
        TomlTable section = root;
        while (true)
        {
            cursor.SkipBlank();
            if (cursor.AtEnd)
                return root;
            if (cursor.TakeNewLine())
                continue;
            if (cursor.Current == '#')
                cursor.SkipComment();
            else if (cursor.Current == '[')
                section = Header();
            else
                AddPair(section);
            cursor.SkipBlank();
            cursor.SkipComment();
            if (!cursor.AtEnd && !cursor.TakeNewLine())
                throw cursor.Error($"{cursor.Shown} where the line must end");
        }
    }

    private TomlTable Header()
    {
        cursor.Take();
        bool ofTables = cursor.Take('[');
        int start = cursor.Position;
        List<string> path = Key();
        cursor.Require(']', "the end of the header");
        if (ofTables && !cursor.Take(']'))
            throw cursor.Error($"{cursor.Shown} where ']]' must end the header");
        TomlTable at = root;
        for (int i = 0; i < path.Count - 1; i++)
            at = Pass(at, path, i, start);
        string last = path[^1];
        at.TryGet(last, out object? there);
        if (ofTables)
        {
            if (there is null)
                at.Add(last, there = new TomlArray(ofTables: true));
            if (there is not TomlArray { OfTables: true } array)
                throw cursor.Error($"[[{string.Join('.', path)}]] adds to what is no array of tables", start);
            array.Add(new TomlTable { Origin = TomlTableOrigin.Header });
            return (TomlTable)array[^1];
        }

        if (there is null)
        {
            var made = new TomlTable { Origin = TomlTableOrigin.Header };
            at.Add(last, made);
            return made;
        }

        if (there is not TomlTable { Origin: TomlTableOrigin.Passed } table)
            throw cursor.Error($"[{string.Join('.', path)}] is defined already", start);
        table.Origin = TomlTableOrigin.Header;
        return table;
    }

    // A step of a header on its way to its last key.
    private TomlTable Pass(TomlTable at, List<string> path, int index, int start)
    {
        if (!at.TryGet(path[index], out object? there))
        {
            var made = new TomlTable { Origin = TomlTableOrigin.Passed };
            at.Add(path[index], made);
            return made;
        }

        return there switch
        {
            TomlArray { OfTables: true } array => (TomlTable)array[^1],
            TomlTable { Origin: not TomlTableOrigin.Inline } table => table,
            _ => throw cursor.Error($"the header passes through '{string.Join('.', path.Take(index + 1))}', which takes no more keys", start),
        };
    }

    // key = value
    private void AddPair(TomlTable section)
    {
        int start = cursor.Position;
        List<string> path = Key();
        cursor.Require('=', "a value");
        cursor.SkipBlank();
        TomlTable at = section;
        foreach (string key in path.Take(path.Count - 1))
        {
            if (!at.TryGet(key, out object? there))
                at.Add(key, there = new TomlTable { Origin = TomlTableOrigin.Dotted });
            if (there is not TomlTable { Origin: TomlTableOrigin.Dotted or TomlTableOrigin.Passed } table)
                throw cursor.Error($"'{string.Join('.', path)}' passes through '{key}', which takes no more keys here", start);
            table.Origin = TomlTableOrigin.Dotted;
            at = table;
        }

        if (at.TryGet(path[^1], out _))
            throw cursor.Error($"'{string.Join('.', path)}' is defined already", start);
        at.Add(path[^1], values.Value());
    }

    private List<string> Key()
    {
        var path = new List<string>();
        do
        {
            cursor.SkipBlank();
            path.Add(SimpleKey());
            cursor.SkipBlank();
        }
        while (cursor.Take('.'));
        return path;
    }

    private string SimpleKey()
    {
        if (cursor.Current is '"' or '\'')
            return values.OneLineString();
        int start = cursor.Position;
        while (char.IsAsciiLetterOrDigit(cursor.Current) || cursor.Current is '_' or '-')
            cursor.Take();
        return cursor.Position > start ? cursor.Since(start) : throw cursor.Error($"{cursor.Shown} where a key must be");
    }
}
