using System.Buffers;
using HafsModels.Tokenizers.Models;
using HafsModels.Tokenizers.Patterns;

namespace HafsModels.Tokenizers;

/// <summary>Finds added tokens in text: at each place the longest, from left to right.</summary>
internal sealed class AddedTokenMatcher
{
    private readonly CharTrie trie = new();
    private readonly Dictionary<int, AddedToken> tokens = [];
    private readonly SearchValues<char> firsts;

    /// <param name="entries">The tokens, each with the text that is looked for.</param>
    public AddedTokenMatcher(IEnumerable<(string Text, AddedToken Token)> entries)
    {
        var first = new HashSet<char>();
        foreach ((string text, AddedToken token) in entries.Where(entry => entry.Text.Length > 0))
        {
            trie.Add(text, token.Id);
            tokens[token.Id] = token;
            first.Add(text[0]);
        }

        firsts = SearchValues.Create([.. first]);
    }

    /// <summary>Calls back with the stretches of plain text (no token) and the tokens found, in order.</summary>
    /// <param name="text">The text.</param>
    /// <param name="special">Whether special tokens count; otherwise their text is plain text.</param>
    /// <param name="found">Receives start, end and the token or null.</param>
    public void Split(string text, bool special, Action<int, int, AddedToken?> found)
    {
        int last = 0;
        for (int at = 0; at < text.Length;)
        {
            int skip = text.AsSpan(at).IndexOfAny(firsts);
            if (skip < 0)
                break;
            at += skip;
            (int id, int length) = trie.LongestAt(text.AsSpan(at));
            if (length == 0)
            {
                at++;
                continue;
            }

            AddedToken token = tokens[id];

            (int start, int end) = (at, at + length);
            at = end;
            if ((token.Special && !special) || (token.SingleWord && !StandsAlone(text, start, end)))
                continue;
            if (token.StripsLeft)
            {
                while (start > last && char.IsWhiteSpace(text[start - 1]))
                    start--;
            }

            if (token.StripsRight)
            {
                while (end < text.Length && char.IsWhiteSpace(text[end]))
                    end++;
            }

            if (start > last)
                found(last, start, null);
            found(start, end, token);
            last = end;
            at = Math.Max(at, end);
        }

        if (last < text.Length)
            found(last, text.Length, null);
    }

    private static bool StandsAlone(string text, int start, int end)
    {
        bool wordBefore = start > 0 && CharSet.Word.Match(text, start >= 2 && char.IsLowSurrogate(text[start - 1]) ? start - 2 : start - 1) > 0;
        bool wordAfter = end < text.Length && CharSet.Word.Match(text, end) > 0;
        return !wordBefore && !wordAfter;
    }
}
