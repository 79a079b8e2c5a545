namespace HafsModels.Transfer.Toml;

/// <summary>A place in the text of a TOML document.</summary>
/// <param name="text">The document.</param>
/// <param name="name">What it is called in errors.</param>
internal sealed class TomlCursor(string text, string name)
{
    /// <summary>Index of the current character.</summary>
    public int Position { get; private set; }

    /// <summary>Whether the document is over.</summary>
    public bool AtEnd => Position >= text.Length;

    /// <summary>The current character; NUL at the end, where no NUL may stand otherwise.</summary>
    public char Current => At(0);

    /// <summary>The current character, as errors show it.</summary>
    public string Shown => AtEnd ? "the end of the document" : Current is '\r' or '\n' ? "the end of the line" : Current < ' ' ? $"the control character U+{(int)Current:X4}" : $"'{Current}'";

    /// <summary>A character ahead; NUL past the end.</summary>
    public char At(int ahead) => Position + ahead < text.Length ? text[Position + ahead] : '\0';

    /// <summary>Whether the text goes on with this.</summary>
    public bool Sees(string expected) => string.CompareOrdinal(text, Position, expected, 0, expected.Length) == 0;

    /// <summary>The text from a position to here.</summary>
    public string Since(int start) => text[start..Position];

    /// <summary>Takes characters.</summary>
    public void Take(int count = 1) => Position += count;

    /// <summary>Takes a character if it is this one.</summary>
    public bool Take(char expected)
    {
        if (AtEnd || Current != expected)
            return false;
        Position++;
        return true;
    }

    /// <summary>Takes a character that must be there.</summary>
    public void Require(char expected, string before)
    {
        if (!Take(expected))
            throw Error($"{Shown} where '{expected}' must stand, for {before}");
    }

    /// <summary>Takes a line end: LF or CR LF.</summary>
    public bool TakeNewLine()
    {
        int length = Current == '\n' ? 1 : Current == '\r' && At(1) == '\n' ? 2 : 0;
        Position += length;
        return length > 0;
    }

    /// <summary>Passes over spaces and tabs.</summary>
    public void SkipBlank()
    {
        while (Current is ' ' or '\t')
            Position++;
    }

    /// <summary>Passes over a comment, if one begins here.</summary>
    public void SkipComment()
    {
        if (Current != '#')
            return;
        while (!AtEnd && Current != '\n' && !(Current == '\r' && At(1) == '\n'))
        {
            if (IsControl(Current))
                throw Error($"{(Current == '\r' ? "a carriage return without a line feed" : Shown)} in a comment");
            Position++;
        }
    }

    /// <summary>Passes over blanks, comments and line ends, as between the items of an array.</summary>
    public void SkipLines()
    {
        do
        {
            SkipBlank();
            SkipComment();
        }
        while (TakeNewLine());
    }

    /// <summary>Passes over a backslash, and all blanks and line ends after it.</summary>
    public void SkipLinesOfBlanks()
    {
        Position++;
        do
            SkipBlank();
        while (TakeNewLine());
    }

    /// <summary>Whether a character may stand in no string and no comment: controls but the tab.</summary>
    public static bool IsControl(char c) => c is < ' ' and not '\t' or '\x7f';

    /// <summary>An error here, or at a position.</summary>
    public HafsException Error(string message, int? at = null)
    {
        int position = Math.Min(at ?? Position, text.Length);
        int lineStart = position == 0 ? 0 : text.LastIndexOf('\n', position - 1) + 1;
        int line = text.AsSpan(0, lineStart).Count('\n') + 1;
        int column = 1;
        for (int i = lineStart; i < position; i++)
            column += char.IsLowSurrogate(text[i]) ? 0 : 1;
        return new(ErrorKind.InvalidData, "TomlInvalid", $"{name}: line {line}, column {column}: {message}", name);
    }
}
