using System.Globalization;
using System.Text;

namespace HafsModels.Tokenizers.Templates;

/// <summary>Dates as strftime writes them, in English.</summary>
internal static class TemplateDates
{
    private static readonly Dictionary<char, string> Formats = new()
    {
        ['Y'] = "yyyy",
        ['y'] = "yy",
        ['m'] = "MM",
        ['d'] = "dd",
        ['H'] = "HH",
        ['I'] = "hh",
        ['M'] = "mm",
        ['S'] = "ss",
        ['b'] = "MMM",
        ['B'] = "MMMM",
        ['a'] = "ddd",
        ['A'] = "dddd",
        ['p'] = "tt",
        ['F'] = "yyyy-MM-dd",
        ['T'] = "HH:mm:ss",
        ['R'] = "HH:mm",
        ['D'] = "MM/dd/yy",
        ['f'] = "ffffff",
    };

    public static string Format(DateTimeOffset time, string format)
    {
        var text = new StringBuilder();
        for (int i = 0; i < format.Length; i++)
        {
            char code = format[i] == '%' && i + 1 < format.Length ? format[++i] : '\0';
            bool bare = code == '-' && i + 1 < format.Length;
            code = bare ? format[++i] : code;
            if (code == '\0' || code == '%')
                text.Append(format[i]);
            else if (code == 'j')
                text.Append(Bare(time.DayOfYear.ToString("D3", CultureInfo.InvariantCulture), bare));
            else if (code == 'e')
                text.Append(Bare(time.Day.ToString(CultureInfo.InvariantCulture).PadLeft(2), bare));
            else if (Formats.TryGetValue(code, out string? pattern))
                text.Append(Bare(time.ToString(pattern, CultureInfo.InvariantCulture), bare));
            else
                throw TemplateErrors.Value($"the date code '%{code}' is not known");
        }

        return text.ToString();
    }

    /// <summary>Without the zeros and spaces in front, which <c>%-</c> asks for.</summary>
    private static string Bare(string text, bool bare) => bare && text.TrimStart('0', ' ') is var kept ? kept.Length > 0 ? kept : "0" : text;
}
