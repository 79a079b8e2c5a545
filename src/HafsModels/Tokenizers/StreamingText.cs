using System.Text;

namespace HafsModels.Tokenizers;

/// <summary>Turns tokens into text one by one, as they are generated. Bytes that do not yet make a character wait for the next token.</summary>
public sealed class StreamingText
{
    private readonly Tokenizer tokenizer;
    private readonly bool skipSpecial;
    private readonly Decoder decoder = Encoding.UTF8.GetDecoder();
    private bool first = true;

    internal StreamingText(Tokenizer tokenizer, bool skipSpecial)
    {
        this.tokenizer = tokenizer;
        this.skipSpecial = skipSpecial;
    }

    /// <summary>The text that is complete with this token; often empty in the middle of a character.</summary>
    /// <exception cref="HafsException">There is no such token.</exception>
    public string Append(int id)
    {
        if (skipSpecial && tokenizer.IsSpecial(id))
            return "";
        byte[] bytes = tokenizer.BytesOf(id, first);
        first = false;
        return Convert(bytes, flush: false);
    }

    /// <summary>The rest: U+FFFD for bytes that never made a character.</summary>
    public string Flush() => Convert([], flush: true);

    private string Convert(byte[] bytes, bool flush)
    {
        var chars = new char[Encoding.UTF8.GetMaxCharCount(bytes.Length + 4)];
        return new string(chars, 0, decoder.GetChars(bytes, chars, flush));
    }
}
