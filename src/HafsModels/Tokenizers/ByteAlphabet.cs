using System.Collections.Frozen;
using System.Text;

namespace HafsModels.Tokenizers;

/// <summary>GPT-2's printable stand-ins for bytes: printable Latin-1 stands for itself, the other 68 bytes get U+0100 and up (a space is <c>Ġ</c>).</summary>
internal static class ByteAlphabet
{
    private static readonly char[] Table = Build();

    /// <summary>The stand-in of each byte.</summary>
    public static ReadOnlySpan<char> Chars => Table;

    /// <summary>The byte of each stand-in.</summary>
    public static FrozenDictionary<char, byte> Bytes { get; } = Table.Select((c, b) => KeyValuePair.Create(c, (byte)b)).ToFrozenDictionary();

    /// <summary>Spells a text by the stand-ins of its UTF-8 bytes.</summary>
    public static string Spell(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        return string.Create(bytes.Length, bytes, (chars, source) =>
        {
            for (int i = 0; i < source.Length; i++)
                chars[i] = Chars[source[i]];
        });
    }

    /// <summary>The bytes a spelling stands for; a spelling with any other character stands for its own UTF-8.</summary>
    public static byte[] Unspell(string spelling)
    {
        var bytes = new byte[spelling.Length];
        for (int i = 0; i < bytes.Length; i++)
        {
            if (!Bytes.TryGetValue(spelling[i], out bytes[i]))
                return Encoding.UTF8.GetBytes(spelling);
        }

        return bytes;
    }

    private static char[] Build()
    {
        var chars = new char[256];
        int next = 0x100;
        for (int b = 0; b < 256; b++)
            chars[b] = b is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or >= 0xAE ? (char)b : (char)next++;
        return chars;
    }
}
