using System.Diagnostics;
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
    [InlineData("{% for a in [1, 2] %}{% for b in [1, 2] %}{% if b == a %}{% break %}{% endif %}{{ b }}{% else %}n{% endfor %}{% endfor %}{% for a in [1, 2] %}{% continue %}{% else %}e{% endfor %}", "n1e")]
    [InlineData("{% for a in [1, 2, 3] %}{% for b in [] %}{% else %}{% if a == 2 %}{% continue %}{% endif %}{% endfor %}{{ a }}{% endfor %}", "13")]
    [InlineData("{% for a in [1, 2, 3] %}{% for b in [] %}{% else %}{% if a == 2 %}{% break %}{% endif %}{% endfor %}{{ a }}{% endfor %}", "1")]
    [InlineData("{% for a in [1, 2, 3] %}{% set x %}q{% if a == 2 %}{% break %}{% endif %}w{% endset %}{{ a }}{{ x }}{% endfor %}", "1qw")]
    [InlineData("{% for a in [1, 2, 3] %}{% filter upper %}q{% if a == 2 %}{% continue %}{% endif %}w{% endfilter %}{{ a }}{% endfor %}", "QW1QW3")]
    [InlineData("{{ (1, 'a') }} {{ (1,) }} {{ () }} {{ {'a': \"it's\"}.items() | list }}", "(1, 'a') (1,) () [('a', \"it's\")]")]
    [InlineData("{{ 1 < 2 < 3 }} {{ 3 > 2 >= 2 == 1 }} {{ 2 ** 10 }} {{ true + true }} {{ 5 % -3 }}", "True False 1024 2 -1")]
    [InlineData("{{ 1e16 }} {{ 1e15 }} {{ 1e-5 }} {{ 0.1 + 0.2 }} {{ 1e-7 | tojson }} {{ 1e20 | tojson }}", "1e+16 1000000000000000.0 1e-05 0.30000000000000004 1e-07 1e+20")]
    [InlineData("{{ {'b': [], 'a': {'k': 1}} | tojson(indent=2, sort_keys=true) }}", "{\n  \"a\": {\n    \"k\": 1\n  },\n  \"b\": []\n}")]
    [InlineData("{{ {'é': 1.0} | tojson(ensure_ascii=true, separators=(',', ':')) }}", "{\"\\u00e9\":1.0}")]
    [InlineData("{{ 'a👋🏽b' | length }} {{ 'a👋b'[1] }} {{ 'a👋b'[::-1] }} {{ 'a👋'.replace('', '-') }} {{ 'a👋b'.find('b') }}", "4 👋 b👋a -a-👋- 2")]
    [InlineData("{{ ' a  b c '.split() }} {{ 'a b c'.split(' ', 1) }} {{ 'a b c'.rsplit(none, 1) }} {{ 'a,b'.split(sep=',', maxsplit=1) }}", "['a', 'b', 'c'] ['a', 'b c'] ['a b', 'c'] ['a', 'b']")]
    [InlineData("{{ 'a\r\nb\n'.splitlines() }} {{ 'a-b-c'.rpartition('-') }} {{ 'x'.ljust(3, '.') }}", "['a', 'b'] ('a-b', '-', 'c') x..")]
    [InlineData("{% macro f(l) %}{% for i in l %}{{ caller(i) }}{% endfor %}{% endmacro %}{% call(i) f([1, 2]) %}<{{ i }}>{% endcall %}", "<1><2>")]
    [InlineData("{% macro f(a) %}{{ a }}{{ varargs }}{{ kwargs }}{% endmacro %}{{ f(1, 2, k=4) }}", "1(2,){'k': 4}")]
    [InlineData("{% set x = 1 %}{% with x = 2, y = x %}{{ x }}{{ y }}{% endwith %}{{ x }}", "211")]
    [InlineData("{% filter replace('a', 'b') | upper %}a{{ 'c' }}{% endfilter %}", "BC")]
    [InlineData("{% set x | upper %}a{% endset %}{{ x }}{% set a, (b, c) = 1, [2, 3] %}{{ a }}{{ b }}{{ c }}", "A123")]
    [InlineData("{% for a, b in [[1, 2]] %}{{ a }}{{ b }}{{ loop.revindex }}{{ loop.cycle('x', 'y') }}{{ loop.changed(a) }}{% endfor %}", "121xTrue")]
    [InlineData("{% generation %}a{{ 1 }}{% endgeneration %}{% raw %}{{ x }}{% endraw %}", "a1{{ x }}")]
    [InlineData("a\n{# x +#}\nb{%+ set x = 1 +%}\nc", "a\n\nb\nc")]
    [InlineData("{{ [{'k': 'b'}, {'k': 'A'}] | sort(attribute='k') | map(attribute='k') | join }} {{ ['b', 'A', 'B'] | unique | join }}", "Ab bA")]
    [InlineData("{{ none | selectattr('x') | list }} {{ [0, 1] | select | list }} {{ [1, 2] | reject('odd') | list }}", "[] [1] [2]")]
    [InlineData("{{ 'a\n\nb' | indent(2, true) }}|{{ 'xax' | trim('x') }}|{{ 2.5 | round }} {{ 7 | round }} {{ '4.7' | int }}", "  a\n\n  b|a|2.0 7 4")]
    [InlineData("{{ strftime_now('%Y-%m-%d %-d %H:%M %A %B %j') }}", "2026-11-21 21 09:05 Saturday November 325")]
    [InlineData("{{ [1, 2] == (1, 2) }} {{ 1 == 1.0 }} {{ missing == none }} {{ '' in 'a' }} {{ {'a': 1}.get('b', 2) }} {{ {'get': 1}['get'] }}", "False True False True 2 1")]
    public void Template_renders_as_jinja_does(string template, string expected) => Assert.Equal(expected, Render(template));

    [Theory]
    [InlineData("{{ raise_exception('no') }}", "ChatTemplateRefused")]
    [InlineData("{% for x in [1] %}", "ChatTemplateInvalid")]
    [InlineData("{% if %}", "ChatTemplateInvalid")]
    [InlineData("{% if true %}", "ChatTemplateInvalid")]
    [InlineData("{{ missing.name }}", "ChatTemplateFailed")]
    [InlineData("{{ 1 / 0 }}", "ChatTemplateFailed")]
    [InlineData("{{ [1] | map }}", "ChatTemplateFailed")]
    [InlineData("{{ 'a' | trim(charz='a') }}", "ChatTemplateFailed")]
    [InlineData("{{ 'a' | upper(1) }}", "ChatTemplateFailed")]
    [InlineData("{{ 'a'.split(by=',') }}", "ChatTemplateFailed")]
    [InlineData("{{ strftime_now() }}", "ChatTemplateFailed")]
    [InlineData("{% for x in [1] %}{{ loop.cycle() }}{% endfor %}", "ChatTemplateFailed")]
    [InlineData("{{ 1 is sameas }}", "ChatTemplateFailed")]
    [InlineData("{{ 1 is odd(3) }}", "ChatTemplateFailed")]
    [InlineData("{{ [1] | select('eq') | list }}", "ChatTemplateFailed")]
    [InlineData("{% macro f(a) %}{% endmacro %}{{ f(1, 2) }}", "ChatTemplateFailed")]
    public void Bad_template_is_a_clear_error(string template, string id) => Assert.Equal(id, Assert.Throws<HafsException>(() => Render(template)).Id);

    [Theory]
    [InlineData("a\nb {% include 'x' %}", "chat template: line 2, column 6: the statement 'include' is not known")]
    [InlineData("{{ 'a' }}\r\n{{ 1 | nonsense }}", "chat template: line 2, column 8: the filter 'nonsense' is not known")]
    [InlineData("{{ 1 is\n  nonsense }}", "chat template: line 2, column 3: the test 'nonsense' is not known")]
    [InlineData("{{ 'a'.nothing() }}", "chat template: line 1, column 7: there is no '(…).nothing'")]
    [InlineData("{{ nothing() }}", "chat template: line 1, column 1: there is no 'nothing'")]
    [InlineData("{{ 1 +\n 'a' + 2 }}", "chat template: line 1, column 6: a integer + a string has no meaning")]
    [InlineData("x\n\n{%- for a in 5 %}{% endfor %}", "chat template: line 3, column 1: a integer cannot be looped over")]
    [InlineData("{{ 'a", "chat template: line 1, column 4: a string has no end")]
    [InlineData("\n{# a", "chat template: line 2, column 3: a comment has no end")]
    [InlineData("a {{ 1", "chat template: line 1, column 3: '}}' is missing")]
    [InlineData("{{ 1 2 }}", "chat template: line 1, column 6: '}}' is needed before '2'")]
    [InlineData("{{ a[1 }}", "chat template: line 1, column 8: ':' is needed before '}}'")]
    [InlineData("{% for x in l recursive %}{% endfor %}", "chat template: line 1, column 15: recursive loops are not known")]
    [InlineData("{% break %}", "chat template: line 1, column 4: 'break' stands outside of a loop")]
    [InlineData("{% endif %}", "chat template: line 1, column 4: 'endif' has no beginning")]
    [InlineData("{% macro f(a) %}\n{{ a.b.c }}{% endmacro %}\n{{ f({}) }}", "chat template: line 2, column 7: 'c' is asked of an undefined value")]
    public void Error_says_line_and_column(string template, string message) => Assert.Equal(message, Assert.Throws<HafsException>(() => Render(template)).Message);

    [Theory]
    [InlineData("{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}")]
    [InlineData("{{ range(100000000) }}")]
    [InlineData("{{ 'a' * 99999999999 }}")]
    [InlineData("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}")]
    [InlineData("{% macro f(n) %}{% if n %}{{ f(n-1) }}{{ f(n-1) }}{% endif %}{% endmacro %}{{ f(60) }}")]
    [InlineData("{% macro f() %}{% call f() %}{{ caller() }}{% endcall %}{% endmacro %}{% call f() %}{% endcall %}")]
    [InlineData("{% set ns = namespace(t='a') %}{% for i in range(100) %}{% set ns.t = ns.t ~ ns.t %}{% endfor %}")]
    [InlineData("{% set ns = namespace(t=[1]) %}{% for i in range(100) %}{% set ns.t = ns.t + ns.t %}{% endfor %}")]
    [InlineData("{% set ns = namespace(a=[]) %}{% for i in range(100000) %}{% set ns.a = [ns.a] %}{% endfor %}{{ ns.a | tojson }}")]
    [InlineData("{% set ns = namespace(a=[]) %}{% for i in range(60) %}{% set ns.a = [ns.a, ns.a] %}{% endfor %}{{ ns.a }}")]
    [InlineData("{% set ns = namespace(a=[], b=[]) %}{% for i in range(60) %}{% set ns.a = [ns.a, ns.a] %}{% set ns.b = [ns.b, ns.b] %}{% endfor %}{{ ns.a == ns.b }}")]
    [InlineData("{{ (['a' * 1000000] * 100000) | join }}")]
    [InlineData("{{ ('a' * 1000000).replace('a', 'b' * 1000000) }}")]
    [InlineData("{{ (['a' * 1000000] * 100000) | map('upper') | list }}")]
    [InlineData("{{ ([1] * 100000) | tojson(indent='a' * 1000000) }}")]
    [InlineData("{{ ('a\n' * 1000000) | indent('b' * 1000000) }}")]
    [InlineData("{% set t = 'a' * 16000000 %}{% for x in range(100000) %}{% if t is upper or 'b' in t or t == t ~ '' %}{% endif %}{% endfor %}")]
    [InlineData("{% set l = range(100000) | list %}{% for x in l %}{% set y = l[1:] %}{% if 'a' in l %}{% endif %}{% endfor %}")]
    [InlineData("{% set ns = namespace() %}{% set ns.a = ns %}{{ ([ns] * 100000) | map(attribute='a' ~ '.a' * 1000000) | list }}")]
    [InlineData("{{ ([{}] * 10000) | sort(attribute='a' ~ ',a' * 1000000) }}")]
    public void Hostile_template_ends_soon(string template)
    {
        var clock = Stopwatch.StartNew();

        Assert.Equal("ChatTemplateTooMuch", Assert.Throws<HafsException>(() => Render(template)).Id);

        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(60), $"it took {clock.Elapsed}");
    }

    [Fact]
    public void Parameters_of_macros_are_steps_like_others()
    {
        string parameters = string.Join(',', Enumerable.Range(0, 60_000).Select(i => $"a{i}"));

        Hostile_template_ends_soon($"{{% macro f({parameters}) %}}{{% endmacro %}}{{% for i in range(100000) %}}{{{{ f() }}}}{{% endfor %}}");
    }

    [Fact]
    public void A_text_in_many_parts_is_put_together_once()
    {
        var clock = Stopwatch.StartNew();

        Assert.Equal(300_000, Render("{{ " + string.Concat(Enumerable.Repeat("'a'", 300_000)) + " }}").Length);

        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(10), $"it took {clock.Elapsed}");
    }

    [Theory]
    [InlineData("{{ ", "(", "1", ")", " }}")]
    [InlineData("{{ ", "[", "", "]", " }}")]
    [InlineData("{{ ", "not ", "1", "", " }}")]
    [InlineData("{{ 1", "+1", "", "", " }}")]
    [InlineData("{{ a", ".b", "", "", " }}")]
    [InlineData("{{ a", "|upper", "", "", " }}")]
    [InlineData("{% filter upper", "|upper", " %}a{% endfilter %}", "", "")]
    [InlineData("", "{% if true %}", "", "", "")]
    [InlineData("{% set ", "(", "a", ")", " = 1 %}")]
    public void Deep_nesting_is_an_error_and_not_a_crash(string start, string open, string middle, string close, string end)
    {
        string template = start + string.Concat(Enumerable.Repeat(open, 60_000)) + middle + string.Concat(Enumerable.Repeat(close, 60_000)) + end;

        Assert.Equal("ChatTemplateTooMuch", Assert.Throws<HafsException>(() => Render(template)).Id);
    }

    [Fact]
    public void Long_conversation_is_no_hostile_one()
    {
        const string Template = "{%- for m in messages %}{%- if not loop.first and messages[loop.index0 - 1].role == m.role %}{{ raise_exception('twice') }}{%- endif %}"
            + "{{- '<' ~ m.role ~ '>' ~ (m.content | trim) + ('!' if loop.index == messages | length else '') }}{%- endfor %}";
        using JsonDocument messages = JsonDocument.Parse($"[{string.Join(',', Enumerable.Range(0, 5_000).Select(i => $$"""{"role":"{{(i % 2 == 0 ? "user" : "assistant")}}","content":" {{new string('x', 400)}} "}"""))}]");

        string prompt = ChatTemplate.Parse(Template).Render(messages.RootElement, null, addGenerationPrompt: false);

        Assert.Equal((2_500 * ("<user>".Length + "<assistant>".Length)) + (5_000 * 400) + 1, prompt.Length);
    }

    [Fact]
    public void Whole_numbers_of_a_tool_keep_all_their_digits()
    {
        using JsonDocument tools = JsonDocument.Parse("""[{"maximum": 18446744073709551615, "minimum": -9223372036854775808}]""");
        using JsonDocument none = JsonDocument.Parse("[]");

        Assert.Equal("""{"maximum": 18446744073709551615, "minimum": -9223372036854775808}""",
            ChatTemplate.Parse("{{ tools[0] | tojson }}").Render(none.RootElement, tools.RootElement, addGenerationPrompt: false));
    }

    [Fact]
    public void Special_token_that_the_vocabulary_lacks_is_an_undefined_one()
    {
        Vocabulary vocabulary = Vocabulary.Load(Repository.PathOf("tests", "models", "kjv-llama"));
        vocabulary = vocabulary with { SpecialIds = [new(SpecialRole.Bos, vocabulary.Tokens.Count), new(SpecialRole.Eos, 0)] };

        Assert.Null(vocabulary.BosId);
        Assert.Equal($"False {vocabulary.Tokens[0]}", ChatTemplate.Parse("{{ bos_token is defined }} {{ eos_token }}").Render([], addGenerationPrompt: false, vocabulary));
    }

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
