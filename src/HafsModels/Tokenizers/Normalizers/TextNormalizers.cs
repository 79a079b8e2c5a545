using System.Globalization;
using System.Text;
using System.Text.Json;
using HafsModels.Tokenizers.Patterns;

namespace HafsModels.Tokenizers.Normalizers;

/// <summary>The normalizers of tokenizer.json: a table from kind to a function over text.</summary>
internal static class TextNormalizers
{
    private static readonly Dictionary<string, Func<JsonElement, Func<string, string>>> Kinds = new()
    {
        ["NFC"] = _ => text => UnicodeNormalization.Tables.Normalize(text, compatibility: false, compose: true),
        ["NFD"] = _ => text => UnicodeNormalization.Tables.Normalize(text, compatibility: false, compose: false),
        ["NFKC"] = _ => text => UnicodeNormalization.Tables.Normalize(text, compatibility: true, compose: true),
        ["NFKD"] = _ => text => UnicodeNormalization.Tables.Normalize(text, compatibility: true, compose: false),
        ["Lowercase"] = _ => Lowercase,
        ["StripAccents"] = _ => StripAccents,
        ["Strip"] = ReadStrip,
        ["Prepend"] = part => Prepend(part.Text("prepend") ?? ""),
        ["Replace"] = ReadReplace,
        ["BertNormalizer"] = ReadBert,
        ["Sequence"] = part => Chain([.. part.Items("normalizers").Select(item => Build(item))]),
        ["Precompiled"] = ReadPrecompiled,
    };

    /// <exception cref="HafsException">The kind is not known.</exception>
    public static Func<string, string> Build(JsonElement? normalizer)
    {
        if (normalizer is not { } part)
            return text => text;
        return Kinds.TryGetValue(part.Kind(), out var build)
            ? build(part)
            : throw new HafsException(ErrorKind.Unsupported, "NormalizerUnsupported",
                $"tokenizer.json: the normalizer {part.Kind()} is not known; known are {string.Join(", ", Kinds.Keys)}");
    }

    public static Func<string, string> Chain(IReadOnlyList<Func<string, string>> parts) =>
        text => parts.Aggregate(text, (current, part) => part(current));

    public static Func<string, string> Prepend(string prefix) => text => text.Length == 0 ? text : prefix + text;

    public static Func<string, string> Replace(string what, string with) =>
        what.Length == 0 ? text => text : text => text.Replace(what, with, StringComparison.Ordinal);

    /// <summary>Lower case by code point; the dotted capital I is the one letter that grows.</summary>
    public static string Lowercase(string text)
    {
        string lower = text.ToLowerInvariant();
        return lower.Replace("\u0130", "i\u0307", StringComparison.Ordinal);
    }

    /// <summary>Leaves out combining marks; the text should be decomposed.</summary>
    public static string StripAccents(string text) => Filter(text, rune => Rune.GetUnicodeCategory(rune) != UnicodeCategory.NonSpacingMark
        && Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark));

    private static Func<string, string> ReadPrecompiled(JsonElement part)
    {
        try
        {
            return new PrecompiledCharsMap(System.Convert.FromBase64String(part.Text("precompiled_charsmap") ?? "")).Normalize;
        }
        catch (FormatException exception)
        {
            throw new HafsException(ErrorKind.InvalidData, "CharsMapInvalid", $"tokenizer.json: the precompiled charsmap is no Base64: {exception.Message}", inner: exception);
        }
    }

    private static Func<string, string> ReadStrip(JsonElement part)
    {
        bool left = part.Flag("strip_left") ?? true;
        bool right = part.Flag("strip_right") ?? true;
        return text => (left, right) switch
        {
            (true, true) => text.Trim(),
            (true, false) => text.TrimStart(),
            (false, true) => text.TrimEnd(),
            _ => text,
        };
    }

    private static Func<string, string> ReadReplace(JsonElement part)
    {
        string with = part.Text("content") ?? "";
        if (part.Member("pattern")?.Text("Regex") is not { } regex)
            return Replace(part.Member("pattern")?.Text("String") ?? "", with);
        var pattern = new Pattern(regex);
        return text =>
        {
            var result = new StringBuilder(text.Length);
            pattern.Split(text, (start, end, matched) =>
            {
                if (matched)
                    result.Append(with);
                else
                    result.Append(text, start, end - start);
            });
            return result.ToString();
        };
    }

    private static Func<string, string> ReadBert(JsonElement part)
    {
        bool lowercase = part.Flag("lowercase") ?? true;
        var steps = new List<Func<string, string>>();
        if (part.Flag("clean_text") ?? true)
            steps.Add(CleanText);
        if (part.Flag("handle_chinese_chars") ?? true)
            steps.Add(SpaceIdeographs);
        if (part.Flag("strip_accents") ?? lowercase)
            steps.Add(text => Filter(UnicodeNormalization.Tables.Normalize(text, false, false), rune => Rune.GetUnicodeCategory(rune) != UnicodeCategory.NonSpacingMark));
        if (lowercase)
            steps.Add(Lowercase);
        return Chain(steps);
    }

    private static string CleanText(string text)
    {
        string kept = Filter(text, rune => rune.Value is '\t' or '\n' or '\r' || (rune.Value is not (0 or 0xFFFD)
            && Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned)));
        return string.Concat(kept.Select(c => char.IsWhiteSpace(c) ? ' ' : c));
    }

    private static string SpaceIdeographs(string text)
    {
        var result = new StringBuilder(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            bool ideograph = rune.Value is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF) or (>= 0x20000 and <= 0x2A6DF) or (>= 0x2A700 and <= 0x2B73F)
                or (>= 0x2B740 and <= 0x2B81F) or (>= 0x2B920 and <= 0x2CEAF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x2F800 and <= 0x2FA1F);
            if (ideograph)
                result.Append(' ').Append(rune.ToString()).Append(' ');
            else
                result.Append(rune.ToString());
        }

        return result.ToString();
    }

    private static string Filter(string text, Func<Rune, bool> keep)
    {
        var result = new StringBuilder(text.Length);
        foreach (Rune rune in text.EnumerateRunes().Where(keep))
            result.Append(rune.ToString());
        return result.ToString();
    }

    private static IEnumerable<Rune> Where(this StringRuneEnumerator runes, Func<Rune, bool> keep)
    {
        foreach (Rune rune in runes)
        {
            if (keep(rune))
                yield return rune;
        }
    }
}
