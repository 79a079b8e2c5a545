using System.Buffers.Binary;
using System.Text;

namespace HafsModels.Tokenizers.Normalizers;

/// <summary>
/// SentencePiece's compiled normalization: a double-array trie over UTF-8 that gives offsets into replacement strings. The longest known
/// prefix is replaced; what is not known stays. Source: sentencepiece's normalizer and darts-clone's unit layout.
/// </summary>
internal sealed class PrecompiledCharsMap
{
    private readonly uint[] units;
    private readonly byte[] replacements;

    /// <exception cref="HafsException">The map is cut short.</exception>
    public PrecompiledCharsMap(byte[] map)
    {
        uint trieBytes = map.Length >= 4 ? BinaryPrimitives.ReadUInt32LittleEndian(map) : uint.MaxValue;
        if (trieBytes % 4 != 0 || trieBytes > map.Length - 4)
        {
            throw new HafsException(ErrorKind.InvalidData, "CharsMapInvalid",
                $"the tokenizer's precompiled charsmap has {map.Length:N0} bytes, but its trie alone would have {trieBytes:N0}");
        }

        units = new uint[trieBytes / 4];
        for (int i = 0; i < units.Length; i++)
            units[i] = BinaryPrimitives.ReadUInt32LittleEndian(map.AsSpan(4 + (4 * i)));
        replacements = map[(int)(4 + trieBytes)..];
    }

    public string Normalize(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        var result = new MemoryStream(bytes.Length);
        for (int at = 0; at < bytes.Length;)
        {
            result.Write(Next(bytes.AsSpan(at), out int length));
            at += length;
        }

        return Encoding.UTF8.GetString(result.GetBuffer(), 0, (int)result.Length);
    }

    /// <summary>What the beginning of a text becomes.</summary>
    /// <param name="text">UTF-8, not empty.</param>
    /// <param name="length">Bytes of the text that are replaced: the longest prefix of whole characters that is known, else one character.</param>
    public ReadOnlySpan<byte> Next(ReadOnlySpan<byte> text, out int length)
    {
        (length, int offset) = LongestPrefix(text);
        if (length == 0)
        {
            _ = Rune.DecodeFromUtf8(text, out _, out length);
            return text[..length];
        }

        ReadOnlySpan<byte> rest = offset < replacements.Length ? replacements.AsSpan(offset) : [];
        int end = rest.IndexOf((byte)0);
        return end < 0 ? rest : rest[..end];
    }

    private (int Length, int Offset) LongestPrefix(ReadOnlySpan<byte> text)
    {
        (int length, int offset) = (0, 0);
        if (units.Length == 0)
            return (0, 0);
        uint at = OffsetOf(units[0]);
        for (int i = 0; i < text.Length; i++)
        {
            at ^= text[i];
            if (at >= units.Length || (units[at] & 0x800000FF) != text[i])
                break;
            uint unit = units[at];
            at ^= OffsetOf(unit);
            bool hasLeaf = (unit >> 8 & 1) == 1;
            bool endsCharacter = i + 1 == text.Length || (text[i + 1] & 0xC0) != 0x80;
            if (hasLeaf && endsCharacter && at < units.Length)
                (length, offset) = (i + 1, (int)(units[at] & 0x7FFFFFFF));
        }

        return (length, offset);
    }

    private static uint OffsetOf(uint unit) => unit >> 10 << (int)((unit & (1u << 9)) >> 6);
}
