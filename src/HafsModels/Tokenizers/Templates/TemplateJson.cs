using System.Numerics;
using System.Text;

namespace HafsModels.Tokenizers.Templates;

/// <summary>How <c>tojson</c> writes: as Python's json.dumps does with the arguments Hugging Face gives it.</summary>
/// <param name="Indent">What each level is moved in by; null for one line.</param>
/// <param name="Comma">What stands between items.</param>
/// <param name="Colon">What stands between a key and its value.</param>
/// <param name="SortsKeys">Whether keys are put in order.</param>
/// <param name="EscapesUnicode">Whether characters beyond ASCII are escaped.</param>
internal sealed record TemplateJson(string? Indent, string Comma, string Colon, bool SortsKeys, bool EscapesUnicode)
{
    private static readonly Dictionary<char, string> Escapes = new()
    {
        ['"'] = "\\\"",
        ['\\'] = "\\\\",
        ['\n'] = "\\n",
        ['\r'] = "\\r",
        ['\t'] = "\\t",
        ['\b'] = "\\b",
        ['\f'] = "\\f",
    };

    /// <summary>From the arguments of the filter: <c>ensure_ascii</c>, <c>indent</c>, <c>separators</c>, <c>sort_keys</c>.</summary>
    public static TemplateJson From(TemplateArguments arguments)
    {
        string? indent = arguments[1] switch
        {
            null => null,
            string text => text,
            var width => new string(' ', (int)Math.Clamp(TemplateFilters.Whole(width), 0, 256)),
        };
        (string comma, string colon) = arguments[2] switch
        {
            null => (indent is null ? ", " : ",", ": "),
            List<object?> and [string first, string second] => (first, second),
            _ => throw TemplateErrors.Value("the separators of tojson must be two strings"),
        };
        return new TemplateJson(indent, comma, colon, arguments.IsTrue(3), arguments.IsTrue(0));
    }

    public string Write(object? value)
    {
        var text = new StringBuilder();
        Write(value, 0, text);
        return text.ToString();
    }

    private void Write(object? value, int depth, StringBuilder text)
    {
        TemplateErrors.CheckDepth();
        if (text.Length > TemplateWork.MaximumText)
            throw TemplateErrors.TooMuch($"a text has more than {TemplateWork.MaximumText:N0} characters");
        switch (value)
        {
            case null:
                text.Append("null");
                break;
            case bool flag:
                text.Append(flag ? "true" : "false");
                break;
            case string words:
                Quote(words, text);
                break;
            case long or BigInteger:
                text.Append(TemplateText.Of(value));
                break;
            case double number:
                text.Append(double.IsNaN(number) ? "NaN" : double.IsInfinity(number) ? number > 0 ? "Infinity" : "-Infinity" : TemplateText.OfNumber(number));
                break;
            case List<object?> items:
                WriteAll('[', ']', items, item => Write(item, depth + 1, text));
                break;
            case OrderedDictionary<string, object?> pairs:
                WriteAll('{', '}', [.. SortsKeys ? pairs.OrderBy(pair => pair.Key, StringComparer.Ordinal) : pairs.AsEnumerable()], pair =>
                {
                    Quote(pair.Key, text);
                    text.Append(Colon);
                    Write(pair.Value, depth + 1, text);
                });
                break;
            default:
                throw TemplateErrors.Value($"a {TemplateValues.NameOf(value)} cannot be written as JSON");
        }

        void WriteAll<T>(char open, char close, List<T> items, Action<T> write)
        {
            text.Append(open);
            for (int i = 0; i < items.Count; i++)
            {
                text.Append(i > 0 ? Comma : "");
                NewLine(depth + 1);
                write(items[i]);
            }

            if (items.Count > 0)
                NewLine(depth);
            text.Append(close);
        }

        void NewLine(int level)
        {
            if (Indent is null)
                return;
            text.Append('\n');
            for (int i = 0; i < level; i++)
                text.Append(Indent);
        }
    }

    private void Quote(string words, StringBuilder text)
    {
        text.Append('"');
        foreach (char c in words)
        {
            if (Escapes.TryGetValue(c, out string? escape))
                text.Append(escape);
            else if (c < ' ' || (EscapesUnicode && c > '~'))
                text.Append($"\\u{(int)c:x4}");
            else
                text.Append(c);
        }

        text.Append('"');
    }
}
