using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using HafsModels.Tokenizers;
using Xunit;
using Xunit.Abstractions;

namespace HafsModels.Tests.Tokenizers;

/// <summary>
/// The chat templates of some hundred real models over many conversations, against @huggingface/jinja, and where that differs from Python's
/// Jinja, which transformers renders with, against what Python was found to do (Golden/chat-templates.json).
/// </summary>
public class ChatTemplatePeerTests(ITestOutputHelper output)
{
    private static readonly DateTimeOffset Now = new(2026, 11, 1, 9, 5, 3, TimeSpan.Zero);

    [SkippableFact]
    public void Real_templates_render_as_the_references_render_them()
    {
        List<(string Name, JsonObject Variables)> cases = [.. Cases()];
        using var scratch = new ScratchFolder();
        using JsonDocument peer = NodePeer.Run("chat-templates.mjs", scratch.Write("cases.json", JsonSerializer.Serialize(cases.Select(one => one.Variables))), Now.ToString("O"));
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllBytes(Repository.PathOf("tests", "HafsModels.Tests", "Golden", "chat-templates.json")));
        JsonElement[] variables = [.. cases.Select(one => JsonSerializer.SerializeToElement(one.Variables))];

        var wrong = new List<string>();
        int templates = 0, texts = 0, refusals = 0, differences = 0;
        foreach (JsonElement model in peer.RootElement.EnumerateArray())
        {
            string name = model.GetProperty("name").GetString()!;
            string source = model.GetProperty("template").GetString()!;
            if (!golden.RootElement.GetProperty("templates").TryGetProperty(name, out JsonElement known) || known.GetProperty("sha256").GetString() != Hash(source))
            {
                wrong.Add($"{name}: Golden/chat-templates.json is of another template");
                continue;
            }

            templates++;
            ChatTemplate template = ChatTemplate.Parse(source);
            int i = -1;
            foreach (JsonElement theirs in model.GetProperty("renderings").EnumerateArray())
            {
                JsonElement given = variables[++i];
                string? found = Render(template, given, out HafsException? error);
                string? text = theirs.TryGetProperty("text", out JsonElement rendered) ? rendered.GetString() : null;
                bool equal;
                if (known.GetProperty("differences").TryGetProperty(cases[i].Name, out JsonElement difference))
                {
                    differences++;
                    equal = difference.GetString() switch
                    {
                        "error" => error?.Id == "ChatTemplateFailed",
                        "refused" => error?.Id == "ChatTemplateRefused",
                        var hash => found is not null && Hash(found) == hash && found != text,
                    };
                }
                else
                {
                    equal = text is not null ? found == text
                        : error?.Id == "ChatTemplateRefused" ? error.Message == theirs.GetProperty("error").GetString()
                        : error?.Id == "ChatTemplateFailed";
                }

                if (!equal)
                    wrong.Add($"{name}, {cases[i].Name}: expected {theirs.GetRawText()} or what {difference} says, found {found ?? error?.Message}");
                texts += found is null ? 0 : 1;
                refusals += found is null ? 1 : 0;
            }
        }

        output.WriteLine($"{templates} templates x {cases.Count} conversations: {texts} prompts and {refusals} errors; in {differences} of them @huggingface/jinja differs from Python, which we follow");
        Assert.True(wrong.Count == 0, $"{wrong.Count} differ:\n{string.Join('\n', wrong.Take(20))}");
        Assert.True(templates >= 100 && texts >= 5_000 && refusals >= 1_000, $"only {templates} templates, {texts} prompts and {refusals} errors");
    }

    [SkippableTheory]
    [InlineData("llama3", "<|begin_of_text|>")]
    [InlineData("gemma3", "<bos>")]
    [InlineData("deepseek_v3", "<｜begin▁of▁sentence｜>")]
    public void Special_tokens_of_the_vocabulary_stand_in_the_prompt(string package, string start)
    {
        Vocabulary vocabulary = Vocabulary.Load(TokenizerPackages.Find(package));

        string prompt = ChatTemplate.Parse(vocabulary.ChatTemplate!).Render([new ChatMessage("user", "Hi")], addGenerationPrompt: true, vocabulary);

        Assert.StartsWith(start, prompt, StringComparison.Ordinal);
        Assert.Contains("Hi", prompt, StringComparison.Ordinal);
    }

    /// <summary>Each conversation, with and without the start of an answer (marked +); the tools are named.</summary>
    private static IEnumerable<(string Name, JsonObject Variables)> Cases()
    {
        JsonObject tools = Read("chat-tools.json").AsObject();
        foreach (JsonNode? conversation in Read("chat-conversations.json").AsArray())
        {
            foreach (bool prompt in new[] { true, false })
            {
                var variables = new JsonObject
                {
                    ["tools"] = null,
                    ["documents"] = null,
                    ["add_generation_prompt"] = prompt,
                    ["bos_token"] = "<s>",
                    ["eos_token"] = "</s>",
                    ["unk_token"] = "<unk>",
                    ["pad_token"] = "<pad>",
                };
                foreach ((string name, JsonNode? value) in conversation!.AsObject())
                {
                    if (name != "name")
                        variables[name] = name.EndsWith("tools", StringComparison.Ordinal) && value is JsonValue which ? tools[which.GetValue<string>()]!.DeepClone() : value?.DeepClone();
                }

                yield return (conversation["name"]!.GetValue<string>() + (prompt ? " +" : ""), variables);
            }
        }
    }

    private static JsonNode Read(string file) => JsonNode.Parse(File.ReadAllBytes(Repository.PathOf("tests", "HafsModels.Tests", "Tokenizers", file)))!;

    private static string? Render(ChatTemplate template, JsonElement variables, out HafsException? error)
    {
        try
        {
            error = null;
            return template.Render(variables.GetProperty("messages"), null, addGenerationPrompt: false, variables: variables, now: Now);
        }
        catch (HafsException failure)
        {
            error = failure;
            return null;
        }
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16];
}
