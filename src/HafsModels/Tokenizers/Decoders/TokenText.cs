using System.Globalization;
using System.Text;
using System.Text.Json;

namespace HafsModels.Tokenizers.Decoders;

/// <summary>What the decoder of a tokenizer does, laid out as rules: how a token becomes bytes, and what happens at the start of a text.</summary>
internal sealed record TokenText
{
    private const string Boundary = "\u2581";

    /// <summary>Whether tokens are spelled by the stand-ins of bytes.</summary>
    public bool MapsBytes { get; init; }

    /// <summary>Text that is replaced in each token.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Replacements { get; init; } = [];

    /// <summary>Whether <c>&lt;0xNN&gt;</c> is a byte.</summary>
    public bool HasByteTokens { get; init; }

    /// <summary>Spaces that are taken from the start of the text.</summary>
    public int StripsAtStart { get; init; }

    /// <summary>Whether the first token loses its word boundaries (Metaspace).</summary>
    public bool FirstLosesBoundaries { get; init; }

    /// <summary>Prefix of tokens that go on a word (WordPiece), or null; other tokens but the first get a space before them.</summary>
    public string? ContinuingPrefix { get; init; }

    /// <summary>Whether tokens are put together with a space between them, because there is no decoder.</summary>
    public bool JoinsWithSpace { get; init; }

    /// <summary>SentencePiece: word boundaries are spaces, unknown characters bytes.</summary>
    public static TokenText SentencePiece(bool stripsPrefix) =>
        new() { Replacements = [new(Boundary, " ")], HasByteTokens = true, StripsAtStart = stripsPrefix ? 1 : 0 };

    /// <exception cref="HafsException">A decoder's kind is not known.</exception>
    public static TokenText Build(JsonElement? decoder) =>
        decoder is { } part ? Add(new TokenText(), part) : new TokenText { JoinsWithSpace = true };

    /// <summary>Bytes of one token.</summary>
    /// <param name="token">Its spelling.</param>
    /// <param name="first">Whether it is the first of the text.</param>
    public byte[] BytesOf(string token, bool first)
    {
        if (MapsBytes)
            return ByteAlphabet.Unspell(token);
        if (TryByte(token, out byte value))
            return [value];
        if (first && FirstLosesBoundaries)
            token = token.Replace(Boundary, "", StringComparison.Ordinal);
        foreach ((string what, string with) in Replacements)
            token = token.Replace(what, with, StringComparison.Ordinal);
        if (ContinuingPrefix is { } prefix)
            token = token.StartsWith(prefix, StringComparison.Ordinal) ? token[prefix.Length..] : first ? token : " " + token;
        else if (JoinsWithSpace && !first)
            token = " " + token;
        for (int i = 0; first && i < StripsAtStart && token.StartsWith(' '); i++)
            token = token[1..];
        return Encoding.UTF8.GetBytes(token);
    }

    /// <summary>Whether a token stands for one byte.</summary>
    public bool TryByte(string token, out byte value)
    {
        value = 0;
        return HasByteTokens && token.Length == 6 && token.StartsWith("<0x", StringComparison.Ordinal) && token[5] == '>'
            && byte.TryParse(token.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
    }

    private static readonly Dictionary<string, Func<TokenText, JsonElement, TokenText>> Kinds = new()
    {
        ["ByteLevel"] = (rules, _) => rules with { MapsBytes = true },
        ["Sequence"] = (rules, part) => part.Items("decoders").Aggregate(rules, Add),
        ["Replace"] = (rules, part) => Replacing(rules, part.Member("pattern")?.Text("String") ?? throw Unsupported("the decoder Replace has no pattern that is a String"), part.Text("content") ?? ""),
        ["ByteFallback"] = (rules, _) => rules with { HasByteTokens = true },
        ["Fuse"] = (rules, _) => rules,
        ["Strip"] = (rules, part) => rules with { StripsAtStart = part.Text("content") == " " ? part.Integer("start") ?? 0 : 0 },
        ["Metaspace"] = (rules, part) => Replacing(rules, part.Text("replacement") ?? Boundary, " ") with
        {
            FirstLosesBoundaries = (part.Text("prepend_scheme") ?? (part.Flag("add_prefix_space") ?? true ? "always" : "never")) != "never",
        },
        ["WordPiece"] = (rules, part) => rules with { ContinuingPrefix = part.Text("prefix") ?? "##" },
        ["BPEDecoder"] = (rules, part) => Replacing(rules, part.Text("suffix") ?? "</w>", " "),
    };

    private static TokenText Add(TokenText rules, JsonElement part) => Kinds.TryGetValue(part.Kind(), out var add)
        ? add(rules, part)
        : throw Unsupported($"the decoder {part.Kind()} is not known; known are {string.Join(", ", Kinds.Keys)}");

    private static TokenText Replacing(TokenText rules, string what, string with) =>
        what.Length == 0 ? rules : rules with { Replacements = [.. rules.Replacements, new(what, with)] };

    private static HafsException Unsupported(string what) => new(ErrorKind.Unsupported, "TokenDecoderUnsupported", $"tokenizer.json: {what}");
}
