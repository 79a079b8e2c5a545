namespace HafsModels.Tokenizers;

/// <summary>The <c>tokenizer.*</c> keys of GGUF, both ways. Source: gguf-py's constants and the order of llama.cpp's converter.</summary>
internal static class GgufVocabulary
{
    private const string Prefix = "tokenizer.ggml.";
    private const string ChatTemplate = "tokenizer.chat_template";

    public static IReadOnlyList<KeyValuePair<string, object>> Write(Vocabulary vocabulary)
    {
        if (vocabulary.Model == "t5" && vocabulary.Types.Contains(TokenType.Byte))
        {
            throw new HafsException(ErrorKind.Unsupported, "UnigramByteFallbackUnsupported",
                "the tokenizer is a Unigram that spells unknown characters by their bytes; no tokenizer.ggml.model says so, and llama.cpp would read every such character, line breaks among them, as unknown",
                hint: "Deploy the checkpoint itself, or convert it to a format that carries tokenizer.json.");
        }

        var keys = new List<KeyValuePair<string, object>>();
        void Add(string key, object? value)
        {
            if (value is not null)
                keys.Add(new(key, value));
        }

        Add(Prefix + "add_space_prefix", vocabulary.AddSpacePrefix);
        int[] types = [.. vocabulary.Types.Select(type => (int)type)];
        Add(Prefix + "model", vocabulary.Model);
        Add(Prefix + "pre", vocabulary.Pre);
        Add(Prefix + "tokens", vocabulary.Tokens.ToArray());
        Add(Prefix + "scores", vocabulary.Scores?.ToArray());
        Add(Prefix + "token_type", types);
        Add(Prefix + "precompiled_charsmap", vocabulary.PrecompiledCharsMap is { } map ? Array.ConvertAll(map, b => unchecked((sbyte)b)) : null);
        Add(Prefix + "merges", vocabulary.Merges?.ToArray());
        foreach ((SpecialRole role, int id) in vocabulary.SpecialIds)
            Add(role.Key, (uint)id);
        foreach ((SpecialRole role, bool value) in vocabulary.AddSpecial)
            Add($"{Prefix}add_{role.Name}_token", value);
        foreach ((string name, string template) in vocabulary.NamedChatTemplates)
            Add($"{ChatTemplate}.{name}", template);
        if (vocabulary.NamedChatTemplates.Count > 0)
            Add(ChatTemplate + "s", vocabulary.NamedChatTemplates.Select(template => template.Key).ToArray());
        Add(ChatTemplate, vocabulary.ChatTemplate);
        Add(Prefix + "normalizer.nfc", vocabulary.NormalizeNfc);
        Add(Prefix + "normalizer.lowercase", vocabulary.NormalizeLowercase);
        Add(Prefix + "normalizer.strip_accents", vocabulary.NormalizeStripAccents);
        Add(Prefix + "remove_extra_whitespaces", vocabulary.RemoveExtraWhitespaces);
        return keys;
    }

    public static Vocabulary Read(Func<string, object?> find, string path)
    {
        string[] tokens = Get<string[]>("tokens") ?? throw Missing("tokens");
        int[] types = Get<int[]>("token_type") ?? Enumerable.Repeat((int)TokenType.Normal, tokens.Length).ToArray();
        float[]? scores = Get<float[]>("scores");
        if (types.Length != tokens.Length || (scores is not null && scores.Length != tokens.Length))
        {
            throw new HafsException(ErrorKind.InvalidData, "GgufVocabularyLengths",
                $"{path}: {tokens.Length:N0} tokens but {types.Length:N0} token types and {scores?.Length ?? 0:N0} scores; the arrays must be equally long", path);
        }

        var ids = new List<KeyValuePair<SpecialRole, int>>();
        var adds = new List<KeyValuePair<SpecialRole, bool>>();
        foreach (SpecialRole role in SpecialRole.All)
        {
            if (Integer(find(role.Key)) is { } id && id >= 0 && id < tokens.Length)
                ids.Add(new(role, (int)id));
            if (find($"{Prefix}add_{role.Name}_token") is bool add)
                adds.Add(new(role, add));
        }

        string[] names = find(ChatTemplate + "s") as string[] ?? [];
        return new Vocabulary
        {
            Model = Get<string>("model") ?? throw Missing("model"),
            Pre = Get<string>("pre"),
            Tokens = tokens,
            Types = Array.ConvertAll(types, type => (TokenType)type),
            Scores = scores,
            Merges = Get<string[]>("merges"),
            SpecialIds = ids,
            AddSpecial = adds,
            AddSpacePrefix = find(Prefix + "add_space_prefix") as bool?,
            RemoveExtraWhitespaces = find(Prefix + "remove_extra_whitespaces") as bool?,
            PrecompiledCharsMap = find(Prefix + "precompiled_charsmap") switch
            {
                sbyte[] map => Array.ConvertAll(map, b => unchecked((byte)b)),
                byte[] map => map,
                _ => null,
            },
            NormalizeNfc = find(Prefix + "normalizer.nfc") as bool?,
            NormalizeLowercase = find(Prefix + "normalizer.lowercase") as bool?,
            NormalizeStripAccents = find(Prefix + "normalizer.strip_accents") as bool?,
            ChatTemplate = find(ChatTemplate) as string,
            NamedChatTemplates = [.. names.Select(name => new KeyValuePair<string, string?>(name, find($"{ChatTemplate}.{name}") as string))
                .Where(pair => pair.Value is not null).Select(pair => new KeyValuePair<string, string>(pair.Key, pair.Value!))],
        };

        T? Get<T>(string key)
            where T : class
        {
            object? value = find(Prefix + key);
            return value is null or T
                ? (T?)value
                : throw new HafsException(ErrorKind.InvalidData, "GgufVocabularyType", $"{path}: {Prefix}{key} is a {value.GetType().Name}; a {typeof(T).Name} is needed", path);
        }

        HafsException Missing(string key) => new(ErrorKind.InvalidData, "GgufVocabularyMissing", $"{path}: {Prefix}{key} is missing; the file carries no vocabulary", path);
    }

    private static long? Integer(object? value) => value switch
    {
        uint v => v,
        int v => v,
        ulong v and <= long.MaxValue => (long)v,
        long v => v,
        ushort v => v,
        _ => null,
    };
}
