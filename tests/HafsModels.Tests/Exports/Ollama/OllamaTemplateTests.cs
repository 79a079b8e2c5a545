using FsCheck;
using FsCheck.Fluent;
using HafsModels.Exports.Ollama;
using HafsModels.Tokenizers;
using Xunit;

namespace HafsModels.Tests.Exports.Ollama;

public class OllamaTemplateTests
{
    private const string ChatMl = """
        {{- range $i, $_ := .Messages }}
        {{- $last := eq (len (slice $.Messages $i)) 1 -}}
        <|im_start|>{{ .Role }}
        {{ .Content }}{{ if not $last }}<|im_end|>
        {{ end }}
        {{- if and $last (ne .Role "assistant") }}<|im_end|>
        <|im_start|>assistant
        {{ end }}
        {{- end }}
        """;

    // Templates without loops: Ollama carries them out once a turn.
    private const string Turns = """{{ if .System }}<|system|>{{ .System }}<|end|>{{ end }}{{ if .Prompt }}<|user|>{{ .Prompt }}<|end|>{{ end }}<|assistant|>{{ .Response }}<|end|>""";

    /// <summary>Templates that stand alone on messages, to be compared with Go's own package.</summary>
    private static readonly string[] Templates =
    [
        ChatMl,
        "{{ range .Messages }}{{ .Role }}: {{ .Content }}\n{{ else }}nothing{{ end }}",
        "{{/* note */}}a {{- /* note */ -}} b{{ if .System }}S{{ else if eq (len .Messages) 1 }}one{{ else }}many{{ end }}",
        "{{ with .System }}[{{ . }}]{{ else }}none{{ end }}{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ end }}{{ $x }}",
        "{{ range $i, $m := .Messages }}{{ if eq $i 1 }}{{ continue }}{{ end }}{{ if gt $i 2 }}{{ break }}{{ end }}{{ $i }}{{ $m.Role }}{{ end }}",
        "{{ \"a\\tb\\\"\\u00e9\" }}{{ `raw\\n` }}{{ print 1 2 \"x\" 3 }}{{ .System | len }}{{ and .System \"yes\" }}{{ or \"\" 0 \"z\" }}",
        "{{ (index .Messages 0).Content }}{{ eq .System \"a\" \"S y s\" }}{{ not .Tools }}{{ le 1 2 }}{{ ne 1 2 }}{{ ge \"b\" \"a\" }}{{ lt 1.5 2.5 }}",
        "{{ if .System }}{{ $s := slice .System 1 2 }}[{{ $s }}]{{ end }}{{ slice .Messages 1 | len }}{{ .Missing }}",
    ];

    [Fact]
    public void Templates_over_messages_and_once_a_turn_give_the_same_prompt_as_ollama_makes()
    {
        ChatMessage[] messages = [new("system", "S"), new("user", "U1"), new("assistant", "A1"), new("user", "U2"), new("user", "U3")];

        Assert.Equal("<|im_start|>system\nS<|im_end|>\n<|im_start|>user\nU1<|im_end|>\n<|im_start|>assistant\nA1<|im_end|>\n<|im_start|>user\nU2\n\nU3<|im_end|>\n<|im_start|>assistant\n", OllamaTemplate.Parse(ChatMl).Render(messages));
        Assert.Equal("<|system|>S<|end|><|user|>U1<|end|><|assistant|>A1<|end|><|user|>U2\n\nU3<|end|><|assistant|>", OllamaTemplate.Parse(Turns).Render(messages));
        Assert.Equal("<U1>A1</s>[U2\n\nU3]<", OllamaTemplate.Parse("{{ if .Response }}<{{ .Prompt }}>{{ else }}[{{ .Prompt }}]<{{ end }}{{ .Response }}{{ if .Response }}</s>{{ end }}").Render(messages[1..]));
        Assert.Equal("U2", OllamaTemplate.Parse("{{ .Prompt }}").Render([new("user", "U2")]));
    }

    [Theory]
    [InlineData("{{ if .System }}", "GoTemplateInvalid")]
    [InlineData("{{ end }}", "GoTemplateInvalid")]
    [InlineData("{{ .System", "GoTemplateInvalid")]
    [InlineData("{{ \"open }}", "GoTemplateInvalid")]
    [InlineData("{{ nonsense .System }}", "GoTemplateUnknown")]
    [InlineData("{{ template \"x\" }}", "GoTemplateUnknown")]
    [InlineData("{{ range .Messages }}{{ .Nonsense }}{{ end }}", "GoTemplateFailed")]
    [InlineData("{{ $never }}", "GoTemplateFailed")]
    [InlineData("{{ eq .System 1 }}", "GoTemplateFailed")]
    public void Bad_templates_are_clear_errors(string template, string id) =>
        Assert.Equal(id, Assert.Throws<HafsException>(() => OllamaTemplate.Parse(template).Render([new("user", "Hi")])).Id);

    [Fact]
    public void Deep_nesting_is_an_error_and_not_a_crash() =>
        Assert.Equal("GoTemplateInvalid", Assert.Throws<HafsException>(() => OllamaTemplate.Parse("{{ " + new string('(', 100_000) + "1")).Id);

    // Backends and downloads bring templates of strangers: whatever they hold, the worst is a clear error.
    [Fact]
    public void Any_text_is_a_template_or_a_clear_error()
    {
        Gen<string> pieces = Gen.Elements(
            "{{", "}}", "{{-", "-}}", " ", "\n", "if", "else", "end", "range", "with", "$i", "$", ":=", "=", ",", "|", "(", ")", ".", ".Messages", ".System", ".Content", "\"a\"", "`", "'x'", "1", "-2.5", "eq", "slice", "len", "index", "json", "printf", "/*", "*/", "break", "nil", "true", "\\", "é");
        Gen<string> templates = from count in Gen.Choose(0, 25) from parts in pieces.ArrayOf(count) select string.Join(' ', parts);
        int carriedOut = 0;

        Prop.ForAll(templates.ToArbitrary(), template =>
        {
            try
            {
                OllamaTemplate.Parse(template).Render([new("system", "S"), new("user", "U")]);
                carriedOut++;
            }
            catch (HafsException exception)
            {
                Assert.StartsWith("GoTemplate", exception.Id, StringComparison.Ordinal);
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1500));
        Assert.True(carriedOut > 50, $"only {carriedOut} were carried out");
    }

    [SkippableFact]
    public void Gos_own_package_carries_templates_out_the_same_way()
    {
        (string Template, string System, ChatMessage[] Messages)[] cases =
        [
            .. from template in Templates
               from system in new[] { "", "S y s" }
               from count in new[] { 1, 4 }
               select (template, system, Conversation(system, count)),
        ];

        string[] peer = GoPeer.Render(cases.Select(c => (c.Template, c.System, c.Messages)));

        Assert.Equal(peer, cases.Select(c => OllamaTemplate.Parse(c.Template.Contains(".Messages", StringComparison.Ordinal) ? c.Template : c.Template + "{{ range .Messages }}{{ end }}").Render(c.Messages)));
    }

    private static ChatMessage[] Conversation(string system, int count) =>
        [.. system.Length > 0 ? [new ChatMessage("system", system)] : Array.Empty<ChatMessage>(), .. Enumerable.Range(0, count).Select(i => new ChatMessage(i % 2 == 0 ? "user" : "assistant", $"text {i}\n é"))];
}
