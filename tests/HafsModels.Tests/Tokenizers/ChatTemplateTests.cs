using System.Text.Json;
using HafsModels.Tokenizers;
using Xunit;

namespace HafsModels.Tests.Tokenizers;

public class ChatTemplateTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 21, 9, 5, 3, TimeSpan.Zero);

    [Theory]
    [InlineData("{{ 'a' ~ (1 + 2) }}", "a3")]
    [InlineData("{{ 7 // 2 }} {{ -7 // 2 }} {{ -7 % 3 }} {{ 7 / 2 }} {{ 2 * 3.5 }}", "3 -4 2 3.5 7.0")]
    [InlineData("{{ [1, 2, 3][::-1] }} {{ 'abcd'[1:3] }} {{ [1, 2, 3][-1] }}", "[3, 2, 1] bc 3")]
    [InlineData("{% for x in [1, 2, 3] if x != 2 %}{{ loop.index }}:{{ x }}{{ ',' if not loop.last }}{% endfor %}", "1:1,2:3")]
    [InlineData("{% for x in [] %}x{% else %}none{% endfor %}", "none")]
    [InlineData("{% set ns = namespace(n=0) %}{% for x in range(4) %}{% set ns.n = ns.n + x %}{% endfor %}{{ ns.n }}", "6")]
    [InlineData("{% set n = 0 %}{% for x in range(4) %}{% set n = x %}{% endfor %}{{ n }}", "0")]
    [InlineData("{% macro tag(name, body='-') %}<{{ name }}>{{ body }}</{{ name }}>{% endmacro %}{{ tag('a') }}{{ tag('b', body='c') }}", "<a>-</a><b>c</b>")]
    [InlineData("{% set x %}  a {% endset %}[{{ x | trim }}]", "[a]")]
    [InlineData("{{ {'b': [1, true, none], 'a': 'é\"\\n'} | tojson }}", "{\"b\": [1, true, null], \"a\": \"é\\\"\\n\"}")]
    [InlineData("{{ {'a': [1, {}]} | tojson(indent=2) }}", "{\n  \"a\": [\n    1,\n    {}\n  ]\n}")]
    [InlineData("{{ missing }}{{ missing is defined }}{{ missing | default('d') }}", "Falsed")]
    [InlineData("{{ none is none }} {{ 'a' is string }} {{ {} is mapping }} {{ 3 is odd }} {{ 'a' in 'cab' }} {{ 2 not in [1] }}", "True True True True True True")]
    [InlineData("{{ 'a,b,c'.split(',') | join('-') }} {{ ' x '.strip() }} {{ 'abc'.startswith('ab') }} {{ 'x'.upper() }}", "a-b-c x True X")]
    [InlineData("{{ [{'r': 'a'}, {'r': 'b'}] | selectattr('r', 'equalto', 'b') | list | length }} {{ [{'r': 'a'}] | map(attribute='r') | first }}", "1 a")]
    [InlineData("a\n  {%- if true %}  b\n{% endif %}\nc", "a  b\nc")]
    [InlineData("a\n    {% if true %}\nb\n    {% endif %}\nc", "a\nb\nc")]
    [InlineData("{# note #}\nx{{- ' y ' -}}  z\n", "x y z")]
    [InlineData("{% for k, v in {'a': 1}.items() %}{{ k }}={{ v }}{% endfor %}", "a=1")]
    [InlineData("[{{ '  a\n'.lstrip('\n') }}]", "[  a\n]")]
    [InlineData("{{ strftime_now('%d %b %Y') }}", "21 Nov 2026")]
    [InlineData("{% for x in range(9) %}{% if x == 1 %}{% continue %}{% endif %}{% if x == 3 %}{% break %}{% endif %}{{ x }}{% endfor %}", "02")]
    public void Template_renders_as_jinja_does(string template, string expected) => Assert.Equal(expected, Render(template));

    [Theory]
    [InlineData("{{ raise_exception('no') }}", "ChatTemplateRefused")]
    [InlineData("{% if %}", "ChatTemplateInvalid")]
    [InlineData("{% for x in [1] %}", "ChatTemplateInvalid")]
    [InlineData("{{ 'a", "ChatTemplateInvalid")]
    [InlineData("{% include 'x' %}", "ChatTemplateInvalid")]
    [InlineData("{{ missing.name }}", "ChatTemplateFailed")]
    [InlineData("{{ 1 | nonsense }}", "ChatTemplateFailed")]
    [InlineData("{{ 1 / 0 }}", "ChatTemplateFailed")]
    [InlineData("{{ 'a'.nothing() }}", "ChatTemplateFailed")]
    [InlineData("{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}", "ChatTemplateTooMuch")]
    [InlineData("{{ 'a' * 99999999999 }}", "ChatTemplateTooMuch")]
    [InlineData("{{ range(100000000) }}", "ChatTemplateTooMuch")]
    [InlineData("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "ChatTemplateTooMuch")]
    public void Bad_template_is_a_clear_error(string template, string id) => Assert.Equal(id, Assert.Throws<HafsException>(() => Render(template)).Id);

    [Fact]
    public void Deep_nesting_is_an_error_and_not_a_crash() =>
        Assert.Equal("ChatTemplateTooMuch", Assert.Throws<HafsException>(() => Render("{{ " + new string('(', 100_000) + "1" + new string(')', 100_000) + " }}")).Id);

    [Fact]
    public void Trained_models_template_makes_its_prompt()
    {
        Vocabulary vocabulary = Vocabulary.Load(Repository.PathOf("tests", "models", "kjv-llama"));

        string prompt = ChatTemplate.Parse(vocabulary.ChatTemplate!).Render([new ChatMessage("user", "Who?")], addGenerationPrompt: true, vocabulary);

        Assert.Equal("<|im_start|>user\nWho?<|im_end|>\n<|im_start|>assistant\n", prompt);
    }

    private static string Render(string template)
    {
        using JsonDocument none = JsonDocument.Parse("[]");
        return ChatTemplate.Parse(template).Render(none.RootElement, null, addGenerationPrompt: false, now: Now);
    }
}
