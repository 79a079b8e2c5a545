using System.Text.Json;
using HafsModels.Tokenizers.Patterns;

namespace HafsModels.Tokenizers.PreTokenizers;

/// <summary>Cuts text into the pieces that are tokenized one by one: the pre-tokenizers of tokenizer.json as a list of steps.</summary>
internal sealed class PreTokenizer
{
    /// <summary>The regex inside byte-level pre-tokenizers.</summary>
    public const string Gpt2 = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    private const string Boundary = "\u2581";

    private readonly List<Action<Pieces>> steps = [];

    private static readonly Dictionary<string, Action<PreTokenizer, JsonElement>> Kinds = new()
    {
        ["Sequence"] = (target, part) => target.AddAll(part.Items("pretokenizers")),
        ["ByteLevel"] = (target, part) => target.AddByteLevel(part.Flag("add_prefix_space") ?? true, part.Flag("use_regex") ?? true),
        ["Split"] = (target, part) => target.AddSplit(part),
        ["Digits"] = (target, part) => target.AddDigits(part.Flag("individual_digits") ?? false),
        ["Punctuation"] = (target, part) => target.AddPunctuation(BehaviorOf(part, SplitBehavior.Isolated)),
        ["Whitespace"] = (target, _) => target.Add(Splitter.At(new Pattern(@"\w+|[^\w\s]+"), SplitBehavior.Removed, invert: true)),
        ["WhitespaceSplit"] = (target, _) => target.Add(Splitter.At(CharSet.Space, SplitBehavior.Removed)),
        ["CharDelimiterSplit"] = (target, part) => target.Add(Splitter.At(part.Text("delimiter") ?? " ", SplitBehavior.Removed, invert: false)),
        ["Metaspace"] = (target, part) => target.AddMetaspace(part),
        ["BertPreTokenizer"] = (target, _) => target.AddBert(),
    };

    /// <summary>Whether pieces come out as raw text whose bytes the model looks up by their stand-ins: the last step maps bytes, and is left to the model.</summary>
    public bool LeavesBytes { get; private set; }

    /// <summary>Whether pieces are (or stand for) mapped bytes.</summary>
    public bool MapsBytes { get; private set; }

    /// <exception cref="HafsException">A kind or pattern is not known.</exception>
    public static PreTokenizer Build(JsonElement? preTokenizer)
    {
        var built = new PreTokenizer();
        if (preTokenizer is { } part)
            built.AddAll([part]);
        return built;
    }

    /// <summary>The steps of a name of <c>tokenizer.ggml.pre</c>.</summary>
    public static PreTokenizer Build(PreTokenizerRecipe recipe)
    {
        var built = new PreTokenizer();
        foreach (string step in recipe.Steps)
        {
            if (step is "bytes" or "bytes gpt2")
                built.AddByteLevel(prefixed: false, step == "bytes gpt2");
            else if (step is "digits" or "digits individual")
                built.AddDigits(step == "digits individual");
            else if (step == "punctuation contiguous")
                built.AddPunctuation(SplitBehavior.Contiguous);
            else if (step == "split merged-with-previous space")
                built.Add(Splitter.At(" ", SplitBehavior.MergedWithPrevious, invert: false));
            else
                built.Add(Splitter.At(new Pattern(step["split ".Length..]), SplitBehavior.Isolated, invert: false));
        }

        return built;
    }

    public void Apply(Pieces pieces)
    {
        foreach (Action<Pieces> step in steps)
            step(pieces);
    }

    private void AddAll(IEnumerable<JsonElement> parts)
    {
        foreach (JsonElement part in parts)
        {
            if (!Kinds.TryGetValue(part.Kind(), out Action<PreTokenizer, JsonElement>? add))
            {
                throw new HafsException(ErrorKind.Unsupported, "PreTokenizerUnsupported",
                    $"tokenizer.json: the pre-tokenizer {part.Kind()} is not known; known are {string.Join(", ", Kinds.Keys)}");
            }

            add(this, part);
        }
    }

    private void Add(Splitter splitter) => Add(splitter.Apply);

    private void Add(Action<Pieces> step)
    {
        // A step after the byte mapping sees the stand-ins, so the mapping can no longer be left to the model.
        if (LeavesBytes)
        {
            LeavesBytes = false;
            steps.Add(pieces => pieces.Rewrite((piece, _) => ByteAlphabet.Spell(piece)));
        }

        steps.Add(step);
    }

    private void AddByteLevel(bool prefixed, bool splits)
    {
        if (prefixed)
            Add(pieces => pieces.Rewrite((piece, _) => piece.StartsWith(' ') ? piece : " " + piece));
        if (splits)
            Add(Splitter.At(new Pattern(Gpt2), SplitBehavior.Isolated, invert: false));
        if (MapsBytes)
            Add(pieces => pieces.Rewrite((piece, _) => ByteAlphabet.Spell(piece)));
        else
            LeavesBytes = true;
        MapsBytes = true;
    }

    private void AddSplit(JsonElement part)
    {
        SplitBehavior behavior = BehaviorOf(part, null);
        bool invert = part.Flag("invert") ?? false;
        JsonElement? pattern = part.Member("pattern");
        if (pattern?.Text("Regex") is { } regex)
            Add(Splitter.At(new Pattern(regex), behavior, invert));
        else if (pattern?.Text("String") is { } literal)
            Add(Splitter.At(literal, behavior, invert));
        else
            throw new HafsException(ErrorKind.InvalidData, "PreTokenizerInvalid", "tokenizer.json: a Split has neither a Regex nor a String");
    }

    private void AddDigits(bool individual) =>
        Add(Splitter.At(CharSet.Category("N")!, individual ? SplitBehavior.Isolated : SplitBehavior.Contiguous));

    private void AddPunctuation(SplitBehavior behavior) => Add(Splitter.At(PunctuationSet, behavior));

    private void AddBert()
    {
        Add(Splitter.At(CharSet.Space, SplitBehavior.Removed));
        AddPunctuation(SplitBehavior.Isolated);
    }

    /// <summary>ASCII symbols count as punctuation beside Unicode's own.</summary>
    private static CharSet PunctuationSet => CharSet.Union(
        [CharSet.Category("P")!, CharSet.Range('!', '/'), CharSet.Range(':', '@'), CharSet.Range('[', '`'), CharSet.Range('{', '~')]);

    private void AddMetaspace(JsonElement part)
    {
        string replacement = part.Text("replacement") ?? Boundary;
        string scheme = part.Text("prepend_scheme") ?? (part.Flag("add_prefix_space") ?? true ? "always" : "never");
        Add(pieces => pieces.Rewrite((piece, first) =>
        {
            string replaced = piece.Replace(" ", replacement, StringComparison.Ordinal);
            bool prepends = (scheme == "always" || (scheme == "first" && first)) && !replaced.StartsWith(replacement, StringComparison.Ordinal);
            return prepends ? replacement + replaced : replaced;
        }));
        if (part.Flag("split") ?? true)
            Add(Splitter.At(replacement, SplitBehavior.MergedWithNext, invert: false));
    }

    private static SplitBehavior BehaviorOf(JsonElement part, SplitBehavior? otherwise) =>
        part.Text("behavior") is not { } name
            ? otherwise ?? throw new HafsException(ErrorKind.InvalidData, "PreTokenizerInvalid", "tokenizer.json: a Split states no behavior")
            : Enum.TryParse(name, out SplitBehavior behavior) && Enum.IsDefined(behavior)
                ? behavior
                : throw new HafsException(ErrorKind.Unsupported, "PreTokenizerUnsupported", $"tokenizer.json: the split behavior {name} is not known");
}
