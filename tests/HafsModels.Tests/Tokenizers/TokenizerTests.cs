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
    [InlineData(""" "normalizer":{"type":"Precompiled","precompiled_charsmap":"*"} """, "CharsMapInvalid", "no Base64")]
    [InlineData(""" "decoder":{"type":"Replace","pattern":{"Regex":"a+"},"content":"b"} """, "TokenDecoderUnsupported", "no pattern that is a String")]
    [InlineData(""" "pre_tokenizer":{"type":"Split","pattern":{"Regex":"QUANTIFIERS"},"behavior":"Isolated"} """, "PatternUnsupported", "more than 4 quantifiers")]
    public void Part_of_a_tokenizer_that_cannot_be_used_is_a_clear_error(string part, string id, string complaint)
    {
        using var folder = new ScratchFolder();
        part = part.Replace("QUANTIFIERS", "a" + string.Concat(Enumerable.Repeat("{1}", 100_000)), StringComparison.Ordinal);
        folder.Write("tokenizer.json", $$"""{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},{{part}}}""");

        HafsException error = Assert.Throws<HafsException>(() => Tokenizer.Load(folder.Path));

        Assert.Equal(id, error.Id);
        Assert.Contains(complaint, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(""" "decoder":{"type":"BPEDecoder","suffix":""} """)]
    [InlineData(""" "decoder":{"type":"Metaspace","replacement":""} """)]
    public void Decoder_that_replaces_nothing_leaves_tokens_as_they_are(string part)
    {
        using var folder = new ScratchFolder();
        folder.Write("tokenizer.json", $$"""{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},{{part}}}""");

        Assert.Equal("aa", Tokenizer.Load(folder.Path).Decode([0, 0]));
    }

    [Fact]
    public void Tokenizer_without_tokens_finds_none()
    {
        using var folder = new ScratchFolder();
        folder.Write("tokenizer.json", """{"model":{"type":"BPE","vocab":{},"merges":[],"ignore_merges":true}}""");

        Assert.Empty(Tokenizer.Load(folder.Path).Encode("a"));
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
