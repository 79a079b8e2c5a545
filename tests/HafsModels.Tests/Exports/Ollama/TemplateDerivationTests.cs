using HafsModels.Exports.Ollama;
using HafsModels.Tests.Tokenizers;
using HafsModels.Tokenizers;
using Xunit;

namespace HafsModels.Tests.Exports.Ollama;

/// <summary>Chat templates of well-known shapes, written anew for these tests: where the marks stand, what they are, and what surrounds a system message.</summary>
public class TemplateDerivationTests
{
    private static readonly Dictionary<string, string> Shapes = new()
    {
        ["turns with marks"] = "{% for m in messages %}{{ '<|im_start|>' + m.role + '\\n' + m.content + '<|im_end|>\\n' }}{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}",
        ["a default system message"] = "{% if messages[0].role != 'system' %}<|im_start|>system\nYou help.<|im_end|>\n{% endif %}{% for m in messages %}{{ '<|im_start|>' + m.role + '\\n' + m.content + '<|im_end|>\\n' }}{% endfor %}<|im_start|>assistant\n",
        ["the system message in the first turn"] = "{% for m in messages %}{% if m.role == 'user' %}[INST] {% if loop.index0 == 1 and messages[0].role == 'system' %}<<SYS>>\n{{ messages[0].content }}\n<</SYS>>\n\n{% endif %}{{ m.content }} [/INST]{% elif m.role == 'assistant' %} {{ m.content }}<|im_end|>{% endif %}{% endfor %}",
        ["the system message in the last turn"] = "{% if messages[0].role == 'system' %}{% set s = messages[0].content %}{% set ms = messages[1:] %}{% else %}{% set ms = messages %}{% endif %}{% for m in ms %}{% if m.role == 'user' %}[INST] {% if loop.last and s is defined %}{{ s + '\\n\\n' }}{% endif %}{{ m.content }}[/INST]{% else %} {{ m.content }}<|im_end|>{% endif %}{% endfor %}",
        ["no system message"] = "{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}{% for m in messages %}{{ '<turn>' + ('model' if m.role == 'assistant' else m.role) + '\\n' + m.content + '<|im_end|>\\n' }}{% endfor %}<turn>model\n",
        ["plain words"] = "{{ 'A chat.\\n\\n' if messages[0].role != 'system' }}{% for m in messages %}{% if m.role == 'system' %}{{ m.content + '\\n\\n' }}{% elif m.role == 'user' %}{{ '### Instruction:\\n' + m.content + '\\n\\n' }}{% else %}{{ '### Response:\\n' + m.content + '\\n\\n' }}{% endif %}{% endfor %}### Response:\n",
        ["braces and quotes"] = "{% for m in messages %}{{ '{{' + m.role + '{\\n\"\"\"\\n' + m.content + '\\n\"\"\"\\n}}' }}{% endfor %}{{ '{' }}",
        ["marks that print nothing"] = "{% for m in messages %}{{ '\u200b<' + m.role + '>\u00a0' + m.content + '\u3000\ue000' }}{% endfor %}<assistant>\u00a0",
        ["a thought begun"] = "{% for m in messages %}{{ '<|im_start|>' + m.role + '\\n' + m.content + '<|im_end|>\\n' }}{% endfor %}<|im_start|>assistant\n<think>\n",
    };

    public static TheoryData<string> ShapeNames => [.. Shapes.Keys];

    private static Vocabulary Trained => Vocabulary.Load(Repository.PathOf("tests", "models", "kjv-llama"));

    [Fact]
    public void The_trained_models_template_becomes_a_go_template_to_read()
    {
        DerivedTemplate derived = TemplateDerivation.Derive(Trained);

        Assert.True(derived.IsExact);
        Assert.Empty(derived.Warnings);
        Assert.Equal(
            """
            {{ if .System }}<|im_start|>system
            {{ .System }}<|im_end|>
            {{ end }}{{ range $i, $message := .Messages }}{{ $last := eq (len (slice $.Messages $i)) 1 }}{{ if eq .Role "user" }}<|im_start|>user
            {{ .Content }}<|im_end|>
            {{ if $last }}<|im_start|>assistant
            {{ end }}{{ else if eq .Role "assistant" }}<|im_start|>assistant
            {{ .Content }}{{ if not $last }}<|im_end|>
            {{ end }}{{ end }}{{ end }}
            """,
            derived.Template);
        Assert.Equal(["<|endoftext|>", "<|im_end|>", "<|im_start|>"], derived.Stops.Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(ShapeNames))]
    public void Each_shape_of_template_renders_the_same_text_as_a_go_template(string shape)
    {
        Vocabulary vocabulary = Trained with { ChatTemplate = Shapes[shape] };

        DerivedTemplate derived = TemplateDerivation.Derive(vocabulary);

        Assert.True(derived.IsExact, string.Join("; ", derived.Warnings));
        Assert.Equal(shape == "no system message", derived.Warnings.Any(w => w.Contains("system message", StringComparison.Ordinal)));
        var own = ChatTemplate.Parse(Shapes[shape]);
        OllamaTemplate go = OllamaTemplate.Parse(derived.Template);
        foreach (ChatMessage[] messages in Conversations(withSystem: shape != "no system message"))
            Assert.Equal(own.Render(messages, true, vocabulary), go.Render(messages));

        // And it stands in a Modelfile as it is.
        var file = new Modelfile([new("FROM", "", "x"), new("TEMPLATE", "", derived.Template), .. derived.Stops.Select(s => new ModelfileInstruction("PARAMETER", "stop", s))]);
        Assert.Equal(derived.Template, Modelfile.Parse(file.ToText()).Template);
    }

    [SkippableTheory]
    [InlineData("llama3")]
    [InlineData("qwen3")]
    [InlineData("gemma3")]
    [InlineData("deepseek_v3")]
    public void Templates_of_real_models_render_the_same_text_as_go_templates(string package)
    {
        Vocabulary vocabulary = Vocabulary.Load(TokenizerPackages.Find(package));

        DerivedTemplate derived = TemplateDerivation.Derive(vocabulary);

        Assert.True(derived.IsExact, string.Join("; ", derived.Warnings) + "\n" + derived.Template);
        Assert.NotEmpty(derived.Stops);
    }

    [SkippableFact]
    public void Gos_own_package_renders_derived_templates_the_same_way()
    {
        (string Template, string System, ChatMessage[] Messages, string Own)[] cases =
        [
            .. from shape in Shapes
               let vocabulary = Trained with { ChatTemplate = shape.Value }
               let template = TemplateDerivation.Derive(vocabulary).Template
               from messages in Conversations(withSystem: shape.Key != "no system message")
               select (template, messages[0].Role == "system" ? messages[0].Content : "", messages, ChatTemplate.Parse(shape.Value).Render(messages, true, vocabulary)),
        ];

        string[] peer = GoPeer.Render(cases.Select(c => (c.Template, c.System, c.Messages)));

        Assert.Equal(cases.Select(c => c.Own), peer);
    }

    [Fact]
    public void What_cannot_be_carried_over_is_said()
    {
        DerivedTemplate counted = TemplateDerivation.Derive(Trained with { ChatTemplate = "{% for m in messages %}<{{ loop.index }}>{{ m.content }}{% endfor %}" });
        DerivedTemplate twice = TemplateDerivation.Derive(Trained with { ChatTemplate = "{{ messages | length }}{% for m in messages %}{{ m.content | upper }}{% endfor %}" });
        DerivedTemplate broken = TemplateDerivation.Derive(Trained with { ChatTemplate = "{{ nonsense() }}" });
        DerivedTemplate none = TemplateDerivation.Derive(Trained with { ChatTemplate = null });
        DerivedTemplate dated = TemplateDerivation.Derive(Trained with { ChatTemplate = "{{ strftime_now('%Y') }}{% for m in messages %}<{{ m.role }}>{{ m.content | trim }}{{ tools }}{% endfor %}<assistant>" });

        Assert.False(counted.IsExact);
        Assert.Contains(counted.Warnings, w => w.Contains("differs", StringComparison.Ordinal));
        Assert.False(twice.IsExact);
        Assert.Contains("by hand", Assert.Single(twice.Warnings), StringComparison.Ordinal);
        Assert.False(broken.IsExact);
        Assert.Equal(TemplateDerivation.PlainTemplate, broken.Template);
        Assert.True(none.IsExact);
        Assert.Equal(TemplateDerivation.PlainTemplate, none.Template);
        Assert.Equal(3, dated.Warnings.Count(w => w.Contains("day", StringComparison.Ordinal) || w.Contains("tools", StringComparison.Ordinal) || w.Contains("white space", StringComparison.Ordinal)));
    }

    private static IEnumerable<ChatMessage[]> Conversations(bool withSystem)
    {
        foreach (bool system in withSystem ? new[] { false, true } : [false])
        {
            for (int turns = 1; turns < 8; turns += 2)
                yield return [.. system ? [new ChatMessage("system", "Be {{ brief }}.")] : Array.Empty<ChatMessage>(), .. Enumerable.Range(0, turns).Select(i => new ChatMessage(i % 2 == 0 ? "user" : "assistant", $"text {i}:\n\"\"\"\né"))];
        }
    }
}
