using System.Text;
using HafsModels.Tokenizers.PreTokenizers;

namespace HafsModels.Tokenizers;

/// <summary>
/// Turns text into token ids and back, with the ids the original tokenizer gives. Made from a model folder or from the vocabulary of a GGUF
/// file alone. Immutable but for a cache; any number of threads may use one.
/// </summary>
public sealed class Tokenizer
{
    private readonly TokenizerParts parts;

    internal Tokenizer(TokenizerParts parts) => this.parts = parts;

    /// <summary>Number of ids; the highest is one less.</summary>
    public int VocabularySize => parts.Tokens.Count;

    /// <summary>Loads the tokenizer of a Hugging Face model folder.</summary>
    /// <exception cref="HafsException">There is none, it breaks the rules of its format, or it has a part that is not known.</exception>
    public static Tokenizer Load(string folder) => new(TokenizerBuilder.FromFolder(folder));

    /// <summary>Makes the tokenizer a vocabulary describes, such as that of a GGUF file.</summary>
    /// <param name="vocabulary">The vocabulary.</param>
    /// <param name="path">Where it comes from, for messages.</param>
    /// <exception cref="HafsException">Its kind or its pre-tokenizer is not known.</exception>
    public static Tokenizer FromVocabulary(Vocabulary vocabulary, string path) => new(TokenizerBuilder.FromVocabulary(vocabulary, path));

    /// <summary>Splits a text into tokens.</summary>
    /// <param name="text">The text.</param>
    /// <param name="addSpecial">Whether the tokens that begin and end a text (BOS, EOS) are added, where the model wants them.</param>
    /// <param name="parseSpecial">Whether the text of special tokens counts as those tokens; say false for text from outside.</param>
    public int[] Encode(string text, bool addSpecial = true, bool parseSpecial = true)
    {
        ArgumentNullException.ThrowIfNull(text);
        var ids = new List<int>((text.Length / 3) + 8);
        if (addSpecial)
            ids.AddRange(parts.Around.Before);
        parts.RawTokens.Split(text, parseSpecial, (start, end, token) =>
        {
            if (token is not null)
                ids.Add(token.Id);
            else
                EncodeStretch(text[start..end], start == 0, parseSpecial, ids);
        });
        if (addSpecial)
            ids.AddRange(parts.Around.After);
        return [.. ids];
    }

    /// <summary>Puts tokens together to text.</summary>
    /// <param name="ids">The tokens.</param>
    /// <param name="skipSpecial">Whether special tokens are left out.</param>
    /// <exception cref="HafsException">There is no such token.</exception>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecial = false)
    {
        var text = new StringBuilder();
        var bytes = new MemoryStream();
        bool byteRun = false;
        bool first = true;
        foreach (int id in ids)
        {
            if (skipSpecial && IsSpecial(id))
                continue;
            bool isByte = parts.Text.TryByte(TokenOf(id), out _);
            if (isByte != byteRun)
                Drain(bytes, byteRun, text);
            byteRun = isByte;
            bytes.Write(BytesOf(id, first));
            first = false;
        }

        Drain(bytes, byteRun, text);
        return text.ToString();
    }

    /// <summary>A stream that turns tokens into text one by one.</summary>
    /// <param name="skipSpecial">Whether special tokens are left out.</param>
    public StreamingText Stream(bool skipSpecial = true) => new(this, skipSpecial);

    /// <summary>The spelling of a token.</summary>
    /// <exception cref="HafsException">There is no such token.</exception>
    public string TokenOf(int id) => id >= 0 && id < parts.Tokens.Count
        ? parts.Tokens[id]
        : throw new HafsException(ErrorKind.InvalidArgument, "TokenUnknown", $"token {id:N0} does not exist; ids are 0 to {parts.Tokens.Count - 1:N0}");

    /// <summary>Whether a token steers the model and is left out of shown text.</summary>
    public bool IsSpecial(int id) => parts.Special.Contains(id);

    /// <summary>UTF-8 bytes of a token; not always whole characters.</summary>
    internal byte[] BytesOf(int id, bool first) => parts.Text.BytesOf(TokenOf(id), first);

    private void EncodeStretch(string raw, bool startsInput, bool parseSpecial, List<int> ids)
    {
        string text = parts.Normalize(raw);
        parts.NormalizedTokens.Split(text, parseSpecial, (start, end, token) =>
        {
            if (token is not null)
            {
                ids.Add(token.Id);
                return;
            }

            var pieces = new Pieces(start == 0 && end == text.Length ? text : text[start..end], startsInput && start == 0);
            parts.PreTokenizer.Apply(pieces);
            for (int i = 0; i < pieces.Ranges.Count; i++)
                parts.Model.Encode(pieces[i], ids);
        });
    }

    /// <summary>A run of byte tokens that is no UTF-8 gives one U+FFFD a byte, as the original does.</summary>
    private static void Drain(MemoryStream bytes, bool byteRun, StringBuilder text)
    {
        ReadOnlySpan<byte> run = bytes.GetBuffer().AsSpan(0, (int)bytes.Length);
        if (byteRun && !System.Text.Unicode.Utf8.IsValid(run))
            text.Append('\uFFFD', run.Length);
        else
            text.Append(Encoding.UTF8.GetString(run));
        bytes.SetLength(0);
    }
}
