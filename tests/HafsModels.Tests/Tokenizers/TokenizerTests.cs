using System.Text.Json;
using HafsModels.Tokenizers;
using Xunit;

namespace HafsModels.Tests.Tokenizers;

public class TokenizerTests
{
    public static TheoryData<string> TrainedModels => ["kjv-llama", "kjv-qwen2"];

    [Theory]
    [MemberData(nameof(TrainedModels))]
    public void Prompts_of_the_trained_models_get_the_ids_the_framework_gave(string model)
    {
        using JsonDocument reference = JsonDocument.Parse(File.ReadAllBytes(Repository.PathOf("tests", "models", "reference", model + ".json")));
        string folder = Repository.PathOf("tests", "models", model);
        Vocabulary vocabulary = Vocabulary.Load(folder);
        foreach (Tokenizer tokenizer in new[] { Tokenizer.Load(folder), Tokenizer.FromVocabulary(vocabulary, "test.gguf") })
        {
            foreach (JsonElement prompt in reference.RootElement.GetProperty("prompts").EnumerateArray())
            {
                int[] ids = [.. prompt.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32())];
                int[] greedy = [.. prompt.GetProperty("greedy").EnumerateArray().Select(id => id.GetInt32())];
                Assert.Equal(ids, tokenizer.Encode(prompt.GetProperty("prompt").GetString()!));
                Assert.Equal(prompt.GetProperty("prompt").GetString(), tokenizer.Decode(ids));
                Assert.Equal(prompt.GetProperty("text").GetString(), tokenizer.Decode(greedy));
            }
        }
    }

    [Theory]
    [InlineData("""{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"a"}}],"special_tokens":{"a":{"ids":["0"]}}}""", "'a' has a bad id")]
    [InlineData("""{"type":"BertProcessing","cls":["a",0],"sep":["a","0"]}""", "sep is no pair of text and id")]
    public void Token_around_a_text_whose_id_is_no_number_is_a_clear_error(string processor, string complaint)
    {
        using var folder = new ScratchFolder();
        folder.Write("tokenizer.json", $$"""{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false},"post_processor":{{processor}}}""");

        HafsException error = Assert.Throws<HafsException>(() => Tokenizer.Load(folder.Path));

        Assert.Equal("TokenizerJsonInvalid", error.Id);
        Assert.Contains(complaint, error.Message, StringComparison.Ordinal);
    }
}
