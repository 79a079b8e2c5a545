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
}
