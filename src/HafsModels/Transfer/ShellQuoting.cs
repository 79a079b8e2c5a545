using System.Buffers;
using System.Text;

namespace HafsModels.Transfer;

/// <summary>Spells text so that a shell hands exactly it to a program, as one argument.</summary>
public static class ShellQuoting
{
    private static readonly SearchValues<char> Plain = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./:+=");

    // cmd expands %NAME% inside quotes too, and ! where delayed expansion is on; a quote ends its quoting, a line break the command.
    private static readonly SearchValues<char> NotInCmd = SearchValues.Create("%!\"\r\n");

    /// <summary>The argument, quoted.</summary>
    /// <param name="text">The argument as the program is to see it.</param>
    /// <param name="shell">The shell that reads it.</param>
    /// <exception cref="HafsException"><see cref="ErrorKind.Unsupported"/>: no spelling is safe in that shell: a NUL; for cmd also <c>% ! "</c> and line breaks.</exception>
    public static string Quote(string text, Shell shell)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Contains('\0', StringComparison.Ordinal))
            throw Unsafe(text, "a NUL character", shell);
        return shell switch
        {
            // A word that begins with = is looked up by zsh.
            Shell.Posix => text.Length > 0 && text[0] != '=' && !text.AsSpan().ContainsAnyExcept(Plain) ? text : $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'",
            Shell.PowerShell => QuotePowerShell(text),
            _ => QuoteCmd(text),
        };
    }

    // PowerShell takes the typographic single quotes for the plain one; each is doubled.
    private static string QuotePowerShell(string text)
    {
        var quoted = new StringBuilder("'");
        foreach (char c in text)
        {
            quoted.Append(c);
            if (c is '\'' or '\u2018' or '\u2019' or '\u201a' or '\u201b')
                quoted.Append(c);
        }

        return quoted.Append('\'').ToString();
    }

    // Backslashes before the closing quote would make it a letter; doubled they are themselves.
    private static string QuoteCmd(string text)
    {
        int at = text.AsSpan().IndexOfAny(NotInCmd);
        if (at >= 0)
            throw Unsafe(text, text[at] is '\r' or '\n' ? "a line break" : $"'{text[at]}'", Shell.Cmd);
        int trailing = text.Length - text.TrimEnd('\\').Length;
        return $"\"{text}{new string('\\', trailing)}\"";
    }

    private static HafsException Unsafe(string text, string what, Shell shell) =>
        new(ErrorKind.Unsupported, "TextNotQuotable", $"'{text.Replace('\0', '?')}' holds {what}, which no quoting brings through {shell} unharmed.", text, shell == Shell.Cmd ? "Use PowerShell as the shell of the remote side, or another name." : null);
}
