using System.Text;
using HafsModels.Tokenizers.Models;

namespace HafsModels.Tokenizers.Normalizers;

/// <summary>
/// How SentencePiece rewrites text before it is split: the compiled map, then spaces as U+2581, one put before the text, runs of them shrunk.
/// User-defined tokens pass as they are.
/// </summary>
internal sealed class SentencePieceNormalizer
{
    private const char Boundary = '\u2581';

    private readonly PrecompiledCharsMap? map;
    private readonly bool addsPrefix;
    private readonly bool shrinksSpaces;
    private readonly CharTrie userDefined = new();

    /// <param name="map">The compiled map, or null.</param>
    /// <param name="addsPrefix">Whether a space is put before the text (add_dummy_prefix).</param>
    /// <param name="shrinksSpaces">Whether spaces at the ends go and runs of them become one (remove_extra_whitespaces).</param>
    /// <param name="userDefined">Tokens that are not rewritten, spelled with U+2581 for a space.</param>
    public SentencePieceNormalizer(PrecompiledCharsMap? map, bool addsPrefix, bool shrinksSpaces, IEnumerable<string> userDefined)
    {
        this.map = map;
        this.addsPrefix = addsPrefix;
        this.shrinksSpaces = shrinksSpaces;
        foreach (string text in userDefined)
            this.userDefined.Add(text, 0);
    }

    public string Normalize(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        var result = new StringBuilder(text.Length + 8);
        bool started = false;
        bool afterSpace = shrinksSpaces;
        for (int at = 0, place = 0; at < bytes.Length;)
        {
            ReadOnlySpan<char> next = Next(text.AsSpan(place), bytes.AsSpan(at), out int units, out int length);
            place += units;
            at += length;
            if (!started)
            {
                if (shrinksSpaces && next is " ")
                    continue;
                started = true;
                if (addsPrefix)
                    result.Append(Boundary);
            }

            if (afterSpace)
                next = next.TrimStart(' ');
            if (next.IsEmpty)
                continue;
            foreach (char c in next)
                result.Append(c == ' ' ? Boundary : c);
            afterSpace = shrinksSpaces && next[^1] == ' ';
        }

        while (shrinksSpaces && result.Length > 0 && result[^1] == Boundary)
            result.Length--;
        return result.ToString();
    }

    /// <summary>What the next stretch becomes. The same place is given as text and as UTF-8, and so is what is taken from it.</summary>
    private ReadOnlySpan<char> Next(ReadOnlySpan<char> text, ReadOnlySpan<byte> bytes, out int units, out int length)
    {
        units = userDefined.LongestAt(text).Length;
        if (units > 0)
        {
            length = Encoding.UTF8.GetByteCount(text[..units]);
            return text[..units];
        }

        if (map is null)
        {
            _ = Rune.DecodeFromUtf8(bytes, out Rune rune, out length);
            units = rune.Utf16SequenceLength;
            return char.IsSurrogate(text[0]) && units == 1 ? "\uFFFD" : text[..units];
        }

        ReadOnlySpan<byte> replacement = map.Next(bytes, out length);
        units = Encoding.UTF8.GetCharCount(bytes[..length]);
        return Encoding.UTF8.GetString(replacement);
    }
}
