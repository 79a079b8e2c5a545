using System.Globalization;
using System.Text;

namespace HafsModels.Tokenizers.Models;

/// <summary>
/// Byte-pair encoding: a piece begins as single characters (or bytes), and the neighbouring pair of the lowest rank, the leftmost of equals,
/// is merged until no pair is known.
/// </summary>
internal sealed class BpeModel : ITokenModel
{
    private const char Boundary = '\u2581';

    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> ids;
    private readonly MergeTable merges;
    private readonly BpeOptions options;
    private readonly PieceCache cache = new();
    private readonly int[] byteIds = new int[256];
    private readonly int[] asciiIds = new int[128];
    private readonly int longestToken;
    private readonly bool splitsAtBoundary;

    /// <param name="vocabulary">Id of each token.</param>
    /// <param name="pairs">Merges in order of rank.</param>
    /// <param name="options">Settings.</param>
    public BpeModel(Dictionary<string, int> vocabulary, IReadOnlyList<(string Left, string Right)> pairs, BpeOptions options)
    {
        ids = vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();
        this.options = options;
        merges = new MergeTable(pairs.Count);
        bool crosses = false;
        for (int rank = 0; rank < pairs.Count; rank++)
        {
            (string left, string right) = pairs[rank];
            string whole = left + right[Math.Min(right.Length, options.ContinuingPrefix.Length)..];
            if (left.Length == 0 || right.Length == 0 || !vocabulary.TryGetValue(left, out int leftId) || !vocabulary.TryGetValue(right, out int rightId) || !vocabulary.TryGetValue(whole, out int id))
                throw new HafsException(ErrorKind.InvalidData, "MergeUnknown", $"merge {rank:N0} '{left} {right}': a part or the whole '{whole}' is no token");
            merges.TryAdd(leftId, rightId, rank, id);
            crosses |= left[^1] != Boundary && right[0] == Boundary;
        }

        // When no merge joins a boundary to what stands before it, words can be merged one by one, which is what makes a cache useful.
        splitsAtBoundary = !options.MapsBytes && !options.IgnoresMerges && !crosses && vocabulary.ContainsKey(Boundary.ToString());
        longestToken = options.IgnoresMerges ? vocabulary.Keys.Select(token => token.Length).DefaultIfEmpty(0).Max() : 0;
        for (int b = 0; b < 256; b++)
        {
            string name = options.MapsBytes ? ByteAlphabet.Chars[b].ToString() : string.Create(CultureInfo.InvariantCulture, $"<0x{b:X2}>");
            byteIds[b] = vocabulary.TryGetValue(name, out int id) ? id : -1;
        }

        for (int c = 0; c < 128; c++)
            asciiIds[c] = vocabulary.TryGetValue(((char)c).ToString(), out int id) ? id : -1;
    }

    public void Encode(ReadOnlySpan<char> piece, List<int> into)
    {
        if (!splitsAtBoundary)
        {
            EncodeWord(piece, into);
            return;
        }

        while (!piece.IsEmpty)
        {
            int end = piece.IndexOfAnyExcept(Boundary);
            int next = end < 0 ? -1 : piece[end..].IndexOf(Boundary);
            int length = next < 0 ? piece.Length : end + next;
            EncodeWord(piece[..length], into);
            piece = piece[length..];
        }
    }

    private void EncodeWord(ReadOnlySpan<char> piece, List<int> into)
    {
        if (piece.Length > PieceCache.MaximumLength)
        {
            Merge(piece, into);
            return;
        }

        if (cache.Find(piece, out int slot) is { } known)
        {
            into.AddRange(known);
            return;
        }

        int start = into.Count;
        Merge(piece, into);
        cache.Store(slot, piece, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(into)[start..]);
    }

    private void Merge(ReadOnlySpan<char> piece, List<int> into)
    {
        if (options.IgnoresMerges && WholeToken(piece) is { } whole)
        {
            into.Add(whole);
            return;
        }

        // At most three bytes a UTF-16 unit, one symbol a byte.
        int capacity = 3 * piece.Length;
        int[] rented = System.Buffers.ArrayPool<int>.Shared.Rent(capacity);
        try
        {
            int count = options.MapsBytes ? SpellBytes(piece, rented) : SpellCharacters(piece, rented);
            into.AddRange(PairMerger.Merge(rented.AsSpan(0, count), merges));
        }
        finally
        {
            System.Buffers.ArrayPool<int>.Shared.Return(rented);
        }
    }

    private int? WholeToken(ReadOnlySpan<char> piece)
    {
        if (!options.MapsBytes)
            return ids.TryGetValue(piece, out int plain) ? plain : null;
        if (piece.Length > longestToken)
            return null;
        Span<byte> bytes = stackalloc byte[512];
        Span<char> spelled = stackalloc char[512];
        if (3 * piece.Length > bytes.Length)
            return ids.TryGetValue(ByteAlphabet.Spell(piece.ToString()), out int longOne) ? longOne : null;
        int count = Encoding.UTF8.GetBytes(piece, bytes);
        for (int i = 0; i < count; i++)
            spelled[i] = ByteAlphabet.Chars[bytes[i]];
        return ids.TryGetValue(spelled[..count], out int id) ? id : null;
    }

    private int SpellBytes(ReadOnlySpan<char> piece, Span<int> symbols)
    {
        int count = 0;
        Span<byte> utf8 = stackalloc byte[4];
        for (int at = 0; at < piece.Length;)
        {
            char c = piece[at];
            if (c < 128)
            {
                at++;
                AddByte((byte)c, symbols, ref count);
                continue;
            }

            _ = Rune.DecodeFromUtf16(piece[at..], out Rune rune, out int units);
            at += units;
            int length = rune.EncodeToUtf8(utf8);
            for (int i = 0; i < length; i++)
                AddByte(utf8[i], symbols, ref count);
        }

        return count;
    }

    private void AddByte(byte b, Span<int> symbols, ref int count)
    {
        if (byteIds[b] >= 0)
            symbols[count++] = byteIds[b];
        else
            AddUnknown(symbols, ref count);
    }

    private int SpellCharacters(ReadOnlySpan<char> piece, Span<int> symbols)
    {
        int count = 0;
        Span<byte> utf8 = stackalloc byte[4];
        for (int at = 0; at < piece.Length;)
        {
            _ = Rune.DecodeFromUtf16(piece[at..], out Rune rune, out int units);
            int start = at;
            at += units;
            int id = IdOf(rune, piece, start, units);
            if (id >= 0)
            {
                symbols[count++] = id;
                continue;
            }

            int length = rune.EncodeToUtf8(utf8);
            if (options.FallsBackToBytes && HasAll(utf8[..length]))
            {
                for (int i = 0; i < length; i++)
                    symbols[count++] = byteIds[utf8[i]];
            }
            else
            {
                AddUnknown(symbols, ref count);
            }
        }

        return count;
    }

    private int IdOf(Rune rune, ReadOnlySpan<char> piece, int start, int units)
    {
        if (options.ContinuingPrefix.Length + options.EndOfWordSuffix.Length == 0)
        {
            if (rune.Value < 128)
                return asciiIds[rune.Value];
            Span<char> chars = stackalloc char[2];
            return ids.TryGetValue(chars[..rune.EncodeToUtf16(chars)], out int plain) ? plain : -1;
        }

        string name = (start > 0 ? options.ContinuingPrefix : "") + rune + (start + units == piece.Length ? options.EndOfWordSuffix : "");
        return ids.TryGetValue(name, out int id) ? id : -1;
    }

    private bool HasAll(ReadOnlySpan<byte> bytes)
    {
        foreach (byte b in bytes)
        {
            if (byteIds[b] < 0)
                return false;
        }

        return true;
    }

    private void AddUnknown(Span<int> symbols, ref int count)
    {
        if (options.Unknown is { } unknown && !(options.FusesUnknown && count > 0 && symbols[count - 1] == unknown))
            symbols[count++] = unknown;
    }
}
