using System.Text.Json;

namespace HafsModels.Tokenizers;

/// <summary>
/// Which ids are special and what is put around a text: looked up in tokenizer_config.json by content, then in config.json by number, with
/// the corrections that tokenizer.json's post-processor implies. The order of the finds is the order in which they are written.
/// </summary>
internal sealed class SpecialTokens
{
    private readonly Dictionary<string, string?> contents = [];
    private readonly List<SpecialRole> roles = [.. SpecialRole.Basic];
    private readonly List<KeyValuePair<SpecialRole, int>> ids = [];
    private readonly List<KeyValuePair<SpecialRole, bool>> adds = [];
    private readonly int? limit;

    private SpecialTokens(int? limit) => this.limit = limit;

    public IReadOnlyList<KeyValuePair<SpecialRole, int>> Ids => ids;

    public IReadOnlyList<KeyValuePair<SpecialRole, bool>> Adds => adds;

    /// <param name="tokenizer">tokenizer.json, or null.</param>
    /// <param name="configuration">tokenizer_config.json, or null.</param>
    /// <param name="model">config.json, or null.</param>
    /// <param name="limit">Ids at or above it are left out; null for no limit.</param>
    /// <param name="sentencePiece">Vocabulary of a SentencePiece model, whose tokens count where no file gives an id; or null.</param>
    public static SpecialTokens Find(TokenizerJson? tokenizer, JsonElement? configuration, JsonElement? model, int? limit, Vocabulary? sentencePiece = null)
    {
        var special = new SpecialTokens(limit);
        foreach (SpecialRole role in SpecialRole.All)
            special.contents[role.Name] = ContentOf(configuration?.Member($"{role.Name}_token")) is { Length: > 0 } content ? content : null;
        if (tokenizer is not null)
            special.ReadPostProcessor(tokenizer, configuration is not null);
        if (configuration is { } settings)
            special.ReadConfiguration(settings, tokenizer?.AddedTokens ?? []);
        if (model is { } config)
            special.ReadModelConfiguration(config);
        if (sentencePiece is not null)
            special.ReadSentencePiece(sentencePiece);
        return special;
    }

    /// <summary>A special token is given as its text or as an object with its text.</summary>
    public static string? ContentOf(JsonElement? entry) => entry switch
    {
        { ValueKind: JsonValueKind.String } text => text.GetString(),
        { ValueKind: JsonValueKind.Object } token => token.Text("content"),
        _ => null,
    };

    private void ReadPostProcessor(TokenizerJson tokenizer, bool configured)
    {
        contents["bos"] ??= contents["cls"];
        contents["eos"] ??= contents["sep"];
        if (tokenizer.PostProcessor is not { } processor)
            return;
        IEnumerable<JsonElement> processors = processor.Member("processors") is null ? [processor] : processor.Items("processors");
        foreach (JsonElement part in processors)
        {
            if (part.Kind() == "ByteLevel")
            {
                AddUnlessKnown(SpecialRole.Bos, false);
                AddUnlessKnown(SpecialRole.Eos, false);
            }
            else if (part.Kind() == "RobertaProcessing")
            {
                Add(SpecialRole.Bos, true);
                Add(SpecialRole.Eos, true);
                Add(SpecialRole.Sep, true);
                contents["cls"] ??= FirstOf(part, "cls") ?? contents["bos"];
                contents["sep"] ??= FirstOf(part, "sep") ?? contents["eos"];
            }
            else if (part.Kind() == "TemplateProcessing")
            {
                ReadTemplate(part, configured);
            }
        }
    }

    private void ReadTemplate(JsonElement template, bool configured)
    {
        JsonElement[] single = [.. template.Items("single")];
        string? first = null;
        string? last = null;
        if (single.Length > 1)
        {
            first = SpecialId(single[0]);
            last = SpecialId(single[^1]);
        }

        if (first is not null)
        {
            if (!configured)
            {
                contents["bos"] = first;
            }
            else if (first != contents["bos"] && first != contents["cls"])
            {
                contents["bos"] ??= first;
                contents["cls"] ??= first;
            }

            Add(SpecialRole.Bos, first == contents["bos"] || first == contents["cls"]);
        }

        if (last is not null)
        {
            if (!configured)
                contents["eos"] = last;
            else if (last != contents["eos"])
                DemoteEos(last);
            Add(SpecialRole.Eos, last == contents["eos"]);
        }

        ReadPair([.. template.Items("pair")], first, last, configured);
    }

    /// <summary>The template ends texts with another token than the configured end: that one becomes the end, the configured one the end of a turn.</summary>
    private void DemoteEos(string last)
    {
        SpecialRole? free = !roles.Contains(SpecialRole.Eot) ? SpecialRole.Eot : !roles.Contains(SpecialRole.Eom) ? SpecialRole.Eom : null;
        if (free is not null)
        {
            roles.Add(free);
            contents[free.Name] = contents["eos"];
        }

        contents["eos"] = last;
    }

    private void ReadPair(JsonElement[] pair, string? first, string? last, bool configured)
    {
        if (pair.Length == 0)
            return;
        int start = first is not null && SpecialId(pair[0]) == first ? 1 : 0;
        int stop = last is not null && SpecialId(pair[^1]) == last ? pair.Length - 1 : pair.Length;
        if (stop - start < 3 || SequenceId(pair[start]) != "A" || SequenceId(pair[stop - 1]) != "B")
            return;
        JsonElement[] between = pair[(start + 1)..(stop - 1)];
        bool IsSeparator(string? entry) => entry is not null && (entry == contents["sep"] || entry == contents["eos"]);
        bool separates = IsSeparator(SpecialId(between[0])) && last is null;
        if (between.Length == 2 && IsSeparator(SpecialId(between[1])))
            separates = true;
        Add(SpecialRole.Sep, separates);
        if (separates && configured)
            contents["sep"] ??= contents["eos"];
    }

    private void ReadConfiguration(JsonElement settings, IReadOnlyList<AddedToken> addedTokens)
    {
        foreach (SpecialRole role in roles)
        {
            if (settings.Flag($"add_{role.Name}_token") is { } add)
                Add(role, add);
            if (contents[role.Name] is { } content && addedTokens.FirstOrDefault(token => token.Content == content) is { } token)
                Set(role, token.Id);
        }
    }

    private void ReadModelConfiguration(JsonElement config)
    {
        foreach (SpecialRole role in roles)
        {
            string key = $"{role.Name}_token_id";
            if ((config.Member(key) ?? config.Member("text_config")?.Member(key))?.Integer() is { } id)
                Set(role, id);
        }
    }

    /// <summary>Tokens of a SentencePiece model are known by the names the configuration or else SentencePiece gives them.</summary>
    private void ReadSentencePiece(Vocabulary vocabulary)
    {
        foreach ((SpecialRole role, string name) in new[] { (SpecialRole.Bos, "<s>"), (SpecialRole.Eos, "</s>"), (SpecialRole.Unk, "<unk>"), (SpecialRole.Pad, "<pad>") })
        {
            string content = contents[role.Name] ?? name;
            for (int id = 0; id < vocabulary.Tokens.Count; id++)
            {
                if (vocabulary.Types[id] is TokenType.Control or TokenType.Unknown && vocabulary.Tokens[id] == content)
                    Set(role, id);
            }
        }

        // Where nothing is said, llama's kind begins texts and t5's, which has no begin, ends them.
        if (vocabulary.Model == "t5")
        {
            bool begins = ids.Any(entry => entry.Key == SpecialRole.Bos);
            AddUnlessKnown(SpecialRole.Bos, begins);
            AddUnlessKnown(SpecialRole.Eos, !begins);
        }
    }

    private void Set(SpecialRole role, int id)
    {
        if (id < 0)
            throw new HafsException(ErrorKind.InvalidData, "SpecialTokenNegative", $"{role.Name}_token_id is {id}; ids are not negative");
        if ((limit is null || id < limit) && ids.All(entry => entry.Key != role))
            ids.Add(new(role, id));
    }

    private void Add(SpecialRole role, bool value)
    {
        int index = adds.FindIndex(entry => entry.Key == role);
        if (index < 0)
            adds.Add(new(role, value));
        else
            adds[index] = new(role, value);
    }

    private void AddUnlessKnown(SpecialRole role, bool value)
    {
        if (adds.All(entry => entry.Key != role))
            adds.Add(new(role, value));
    }

    private static string? SpecialId(JsonElement entry) => entry.Member("SpecialToken")?.Text("id");

    private static string? SequenceId(JsonElement entry) => entry.Member("Sequence")?.Text("id");

    private static string? FirstOf(JsonElement processor, string name) =>
        processor.Items(name).FirstOrDefault() is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;
}
