using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using HafsModels.Tokenizers;
using Xunit;

namespace HafsModels.Tests.Tokenizers;

/// <summary>Real tokenizers against the metadata llama.cpp's converter wrote for them.</summary>
public class VocabularyGoldenTests
{
    /// <summary>
    /// Values where ours differs on purpose. llama3, smollm3: llama-bpe is smaug-bpe that also takes whole words, which is what the file's
    /// ignore_merges says. llama2json, mistral: the converter's scores (all -1000, or those of a stand-in tokenizer.model) are not the
    /// merges' order; LlamaTokenizePeerTests shows that ours give the original's ids. mistral's golden had a tokenizer.model beside it.
    /// </summary>
    private static readonly Dictionary<string, string[]> Deviations = new()
    {
        ["llama3"] = ["tokenizer.ggml.pre"],
        ["smollm3"] = ["tokenizer.ggml.pre"],
        ["llama2json"] = ["tokenizer.ggml.scores"],
        ["mistral"] = ["tokenizer.ggml.scores"],
    };

    [SkippableTheory]
    [InlineData("llama3", "llama3")]
    [InlineData("smollm3", "llama3")]
    [InlineData("llama2json", "llama2")]
    [InlineData("mistral", "llama2")]
    [InlineData("qwen2", "qwen3")]
    [InlineData("qwen3", "qwen3")]
    [InlineData("qwen3moe", "qwen3")]
    [InlineData("gemma3", "gemma3")]
    [InlineData("gptoss", "gptoss")]
    public void Metadata_is_that_of_the_reference_converter(string golden, string package)
    {
        string models = TokenizerPackages.Find(package);
        using JsonDocument expected = JsonDocument.Parse(File.ReadAllBytes(Repository.PathOf("tests", "HafsModels.Tests", "Golden", golden + ".json")));
        string file = Path.Combine(models, "tokenizer.json");
        Assert.Equal(expected.RootElement.GetProperty("tokenizer_json_sha256").GetString(), Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file))));
        using var folder = new ScratchFolder();
        folder.Copy(file);
        folder.Copy(Path.Combine(models, "tokenizer_config.json"));
        folder.Write("config.json", expected.RootElement.GetProperty("config").GetRawText());

        var actual = Vocabulary.Load(folder.Path).ToMetadata().ToDictionary();
        string[] deviations = Deviations.GetValueOrDefault(golden, []);
        JsonProperty[] keys = [.. expected.RootElement.GetProperty("metadata").EnumerateObject().Where(key => key.Name.StartsWith("tokenizer.", StringComparison.Ordinal))];
        Assert.Equal(keys.Select(key => key.Name), actual.Keys);
        foreach (JsonProperty key in keys.Where(key => !deviations.Contains(key.Name)))
            Assert.Equal($"{key.Name} {Describe(key.Value)}", $"{key.Name} {Describe(actual[key.Name])}");
    }

    private static string Describe(JsonElement value) =>
        $"{value.GetProperty("type").GetString()} {(value.TryGetProperty("sha256", out JsonElement sha) ? $"{value.GetProperty("count")} {sha}" : value.GetProperty("value").ToString())}";

    private static string Describe(object value) => value switch
    {
        string text => $"string {text}",
        uint number => $"u32 {number}",
        bool flag => $"bool {flag}",
        string[] texts => $"array of string {texts.Length} {Hash(texts.SelectMany(Encode))}",
        int[] numbers => $"array of i32 {numbers.Length} {Hash(numbers.SelectMany(BitConverter.GetBytes))}",
        float[] numbers => $"array of f32 {numbers.Length} {Hash(numbers.SelectMany(BitConverter.GetBytes))}",
        _ => value.GetType().Name,
    };

    /// <summary>A GGUF string: its length as u64, then UTF-8.</summary>
    private static byte[] Encode(string text)
    {
        byte[] bytes = new byte[8 + Encoding.UTF8.GetByteCount(text)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, (ulong)bytes.Length - 8);
        Encoding.UTF8.GetBytes(text, bytes.AsSpan(8));
        return bytes;
    }

    private static string Hash(IEnumerable<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes.ToArray()));
}
