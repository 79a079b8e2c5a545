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
    };

    public static string Format(DateTimeOffset time, string format)
    {
        var text = new StringBuilder();
        for (int i = 0; i < format.Length; i++)
        {
            char code = format[i] == '%' && i + 1 < format.Length ? format[++i] : '\0';
            if (code == '\0' || code == '%')
                text.Append(format[i]);
            else if (code == 'j')
                text.Append(time.DayOfYear.ToString("D3", CultureInfo.InvariantCulture));
            else if (Formats.TryGetValue(code, out string? pattern))
                text.Append(time.ToString(pattern, CultureInfo.InvariantCulture));
            else
                throw TemplateErrors.Value($"the date code '%{code}' is not known");
        }

        return text.ToString();
    }
}
