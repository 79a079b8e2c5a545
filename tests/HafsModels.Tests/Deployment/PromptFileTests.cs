using System.Text.Json.Nodes;
using HafsModels.Deployment.Testing;
using Xunit;

namespace HafsModels.Tests.Deployment;

public sealed class PromptFileTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("hafs-prompts-").FullName;

    [Fact]
    public void Prompts_are_read_from_an_array_from_lines_of_objects_and_from_plain_lines()
    {
        const string One = """{"name": "greeting", "prompt": "Say hello", "system": "Be brief", "max_tokens": 5, "pattern": "(?i)hello"}""";
        const string Two = """{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yes?"}, {"role": "user", "content": "Nothing"}], "expected": "Fine"}""";
        foreach ((string file, string text) in (ReadOnlySpan<(string, string)>)[("a.json", $"[{One}, {Two}]"), ("a.jsonl", $"{One}\r\n\n{Two}\n")])
        {
            IReadOnlyList<TestPrompt> prompts = PromptFile.Read(Write(file, text));
            Assert.Equal(2, prompts.Count);
            Assert.Equal(("greeting", 5, "system", "Say hello"), (prompts[0].Title, prompts[0].MaxTokens, prompts[0].Conversation[0].Role, prompts[0].Conversation[1].Content));
            Assert.Equal(("Nothing", 3, "Fine"), (prompts[1].Title, prompts[1].Conversation.Count, prompts[1].Expected));
        }

        Assert.Equal(["First", "Second one"], PromptFile.Read(Write("a.txt", "First\n\nSecond one\n")).Select(p => p.Text));
    }

    [Theory]
    [InlineData("[]", "no prompts")]
    [InlineData("{}", "JSON array")]
    [InlineData("[{}]", "entry 1: either")]
    [InlineData("[{\"prompt\": 5}]", "entry 1: \"prompt\" must be a text")]
    [InlineData("[{\"prompt\": \"a\", \"expect\": \"b\"}]", "\"expect\" is not known")]
    [InlineData("[{\"prompt\": \"a\", \"pattern\": \"(\"}]", "entry 1")]
    [InlineData("[{\"prompt\": \"a\", \"schema\": {\"unevaluatedItems\": false}}]", "\"unevaluatedItems\" is not supported")]
    [InlineData("[{\"prompt\": \"a\"}", "no JSON")]
    [InlineData("[{\"prompt\": \"a\", \"prompt\": \"b\"}]", "no JSON")]
    [InlineData("[{\"prompt\": \"\\ud800\"}]", "entry 1")]
    [InlineData("[{\"\\ud800\": 1}]", "")]
    public void A_file_that_breaks_the_rules_says_where(string text, string complaint)
    {
        HafsException error = Assert.Throws<HafsException>(() => PromptFile.Read(Write("bad.json", text)));
        Assert.Equal("PromptFileInvalid", error.Id);
        Assert.Contains(complaint, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("hello  ", "hello", null, null, null)]
    [InlineData("hello there", "hello", null, null, "expected is \"hello\"")]
    [InlineData("The answer is 42.", null, "\\b42\\b", null, null)]
    [InlineData("The answer is 43.", null, "\\b42\\b", null, "does not match")]
    [InlineData("```json\n{\"n\": 3}\n```", null, null, """{"type":"object","required":["n"],"properties":{"n":{"type":"integer","minimum":1}}}""", null)]
    [InlineData("{\"n\": 0}", null, null, """{"type":"object","properties":{"n":{"type":"integer","minimum":1}}}""", "$.n is 0, less than 1")]
    [InlineData("Sure! {\"n\": 3}", null, null, """{"type":"object"}""", "is no JSON")]
    public void An_answer_is_held_against_what_is_expected(string answer, string? expected, string? pattern, string? schema, string? complaint)
    {
        string? found = AnswerExpectation.Complaint(new TestPrompt { Text = "x", Expected = expected, Pattern = pattern, Schema = schema is null ? null : JsonNode.Parse(schema) }, answer);
        if (complaint is null)
            Assert.Null(found);
        else
            Assert.Contains(complaint, found, StringComparison.Ordinal);
    }

    // The cases are the specification's own kinds of rule: each with a value that meets it and one that does not.
    [Theory]
    [InlineData("""{"type":["string","null"]}""", "null", "5")]
    [InlineData("""{"type":"integer"}""", "3.0", "3.5")]
    [InlineData("""{"type":"boolean"}""", "false", "0")]
    [InlineData("""{"enum":["a",1,null]}""", "1", "2")]
    [InlineData("""{"const":{"a":[1]}}""", """{"a":[1]}""", """{"a":[2]}""")]
    [InlineData("""{"required":["a"]}""", """{"a":null}""", """{"b":1}""")]
    [InlineData("""{"properties":{"a":{"type":"number"}},"additionalProperties":false}""", """{"a":1}""", """{"a":1,"b":2}""")]
    [InlineData("""{"additionalProperties":{"type":"string"}}""", """{"a":"x"}""", """{"a":1}""")]
    [InlineData("""{"items":{"maximum":3},"minItems":1,"maxItems":2}""", "[1,3]", "[1,4]")]
    [InlineData("""{"minItems":1}""", "[1]", "[]")]
    [InlineData("""{"maxItems":1}""", "[1]", "[1,2]")]
    [InlineData("""{"minLength":2,"maxLength":2}""", "\"😀a\"", "\"a\"")]
    [InlineData("""{"pattern":"^a+$"}""", "\"aa\"", "\"ab\"")]
    [InlineData("""{"exclusiveMinimum":1,"exclusiveMaximum":2}""", "1.5", "2")]
    [InlineData("""{"allOf":[{"minimum":1},{"maximum":2}]}""", "2", "3")]
    [InlineData("""{"anyOf":[{"type":"string"},{"minimum":5}]}""", "5", "4")]
    [InlineData("""{"oneOf":[{"minimum":1},{"maximum":3}]}""", "5", "2")]
    [InlineData("""{"not":{"type":"array"}}""", "{}", "[]")]
    [InlineData("""{"properties":{"a":false}}""", "{}", """{"a":1}""")]
    public void A_schema_rule_takes_one_value_and_not_the_other(string schema, string good, string bad)
    {
        JsonNode rules = JsonNode.Parse(schema)!;
        JsonSchema.Check(rules);
        Assert.Null(JsonSchema.Complaint(rules, JsonNode.Parse(good)));
        Assert.NotNull(JsonSchema.Complaint(rules, JsonNode.Parse(bad)));
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private string Write(string name, string text)
    {
        string path = Path.Combine(folder, name);
        File.WriteAllText(path, text);
        return path;
    }
}
