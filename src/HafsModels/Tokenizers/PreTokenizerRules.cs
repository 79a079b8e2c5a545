using System.Text.Json;

namespace HafsModels.Tokenizers;

/// <summary>
/// The names llama.cpp gives to ways of splitting text (<c>tokenizer.ggml.pre</c>), with the steps each stands for: data in pre-tokenizers.json.
/// A step is text such as <c>split llama3</c>, <c>digits individual</c>, <c>bytes</c>. The table works both ways: from tokenizer.json's own
/// steps to a name, and from the name in a GGUF file back to steps.
/// </summary>
internal sealed class PreTokenizerRules
{
    private static readonly Lazy<PreTokenizerRules> Table = new(Read);

    private readonly Dictionary<string, string[]> regexes;
    private readonly Rule[] rules;

    private PreTokenizerRules(Dictionary<string, string[]> regexes, Rule[] rules)
    {
        this.regexes = regexes;
        this.rules = rules;
    }

    /// <summary>The table. Immutable, so it is shared.</summary>
    public static PreTokenizerRules All => Table.Value;

    /// <summary>All names, as llama.cpp knows them.</summary>
    public IEnumerable<string> Names => rules.SelectMany(rule => rule.Names).Distinct();

    /// <summary>The name for the steps of a tokenizer.json, or null.</summary>
    /// <param name="preTokenizer">The pre-tokenizer as it stands in tokenizer.json, or null.</param>
    /// <param name="byteFallback">Whether text is merged as it is, unknown characters falling back to bytes, instead of as mapped bytes.</param>
    /// <param name="ignoreMerges">Whether a whole word that is a token is taken without merging; decides between rules that are otherwise equal.</param>
    public string? Match(JsonElement? preTokenizer, bool byteFallback, bool ignoreMerges)
    {
        string[] steps = [.. Describe(preTokenizer)];
        Rule[] candidates = [.. rules.Where(rule => rule.Matches && rule.ByteFallback == byteFallback && rule.Steps is not null && Same(rule.Steps, steps))];
        Rule? best = candidates.FirstOrDefault(rule => rule.IgnoresMerges == ignoreMerges) ?? candidates.FirstOrDefault();
        return best?.Names[0];
    }

    /// <summary>Whether a name is in the table.</summary>
    public bool Knows(string name) => rules.Any(rule => rule.Names.Contains(name, StringComparer.Ordinal));

    /// <summary>The steps of a name, regexes written out, or null when the name is unknown or its steps are not data (kimi-k2).</summary>
    public PreTokenizerRecipe? Find(string name)
    {
        Rule? rule = rules.FirstOrDefault(rule => rule.Names.Contains(name, StringComparer.Ordinal));
        return rule?.Steps is null ? null : new PreTokenizerRecipe([.. rule.Steps.Select(Expand)], rule.IgnoresMerges ?? false, rule.ByteFallback, rule.AddsBos);
    }

    /// <summary>The steps of a pre-tokenizer in the words of the table, regexes written out. Splits that drop nothing count as one kind.</summary>
    public static IEnumerable<string> Describe(JsonElement? preTokenizer)
    {
        if (preTokenizer is not { } step)
            return [];
        return step.Kind() switch
        {
            "Sequence" => step.Items("pretokenizers").SelectMany(part => Describe(part)),
            "Split" => [DescribeSplit(step)],
            "Digits" => [step.Flag("individual_digits") ?? false ? "digits individual" : "digits"],
            "ByteLevel" => [(step.Flag("use_regex") ?? true ? "bytes gpt2" : "bytes") + (step.Flag("add_prefix_space") ?? true ? " prefixed" : "")],
            "Punctuation" => [$"punctuation {(step.Text("behavior") ?? "Isolated").ToLowerInvariant()}"],
            string kind => [kind],
        };
    }

    private static string DescribeSplit(JsonElement step)
    {
        string behavior = step.Text("behavior") ?? "";
        bool inverted = step.Flag("invert") ?? false;
        if (step.Member("pattern")?.Text("Regex") is { } regex && ((behavior == "Isolated" && !inverted) || (behavior == "Removed" && inverted)))
            return "split " + regex;
        string? literal = step.Member("pattern")?.Text("String");
        if (literal == " " && behavior == "MergedWithPrevious" && !inverted)
            return "split merged-with-previous space";
        return $"split {behavior}{(inverted ? " inverted" : "")} {literal ?? step.Member("pattern")?.Text("Regex")}";
    }

    private bool Same(string[] rule, string[] found)
    {
        if (rule.Length != found.Length)
            return false;
        for (int i = 0; i < rule.Length; i++)
        {
            bool same = rule[i] == found[i] || (RegexesOf(rule[i]) is { } spellings && spellings.Any(regex => found[i] == "split " + regex));
            if (!same)
                return false;
        }

        return true;
    }

    private string Expand(string step) => RegexesOf(step) is { } spellings ? "split " + spellings[0] : step;

    private string[]? RegexesOf(string step) =>
        step.StartsWith("split ", StringComparison.Ordinal) ? regexes.GetValueOrDefault(step["split ".Length..]) : null;

    private static PreTokenizerRules Read()
    {
        using Stream stream = typeof(PreTokenizerRules).Assembly.GetManifestResourceStream("tokenizers/pre-tokenizers.json")!;
        using JsonDocument document = JsonDocument.Parse(stream);
        JsonElement root = document.RootElement;
        Dictionary<string, string[]> regexes = root.GetProperty("regexes").EnumerateObject()
            .ToDictionary(entry => entry.Name, entry => entry.Value.EnumerateArray().Select(regex => regex.GetString()!).ToArray(), StringComparer.Ordinal);
        Rule[] rules = [.. root.GetProperty("rules").EnumerateArray().Select(rule => new Rule(
            [.. rule.GetProperty("names").EnumerateArray().Select(name => name.GetString()!)],
            rule.Member("steps") is { } steps ? [.. steps.EnumerateArray().Select(step => step.GetString()!)] : null,
            rule.Flag("ignore_merges"),
            rule.Flag("fallback") ?? false,
            rule.Flag("match") ?? true,
            rule.Flag("add_bos") ?? false))];
        return new PreTokenizerRules(regexes, rules);
    }

    private sealed record Rule(string[] Names, string[]? Steps, bool? IgnoresMerges, bool ByteFallback, bool Matches, bool AddsBos);
}
