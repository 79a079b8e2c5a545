using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using HafsModels.Tokenizers;
using Xunit;

namespace HafsModels.Tests.Tokenizers;

/// <summary>Ids against those of real tokenizers, over <see cref="TokenizerCorpus"/>.</summary>
public class TokenizerPeerTests(TokenizerPeerTests.Loaded loaded) : IClassFixture<TokenizerPeerTests.Loaded>
{
    private static string GoldenPath => Repository.PathOf("tests", "HafsModels.Tests", "Tokenizers", "rust-tokenizers.json");

    public static TheoryData<string> Names => ["kjv", .. TokenizerNames.All];

    public static TheoryData<string> GgufNames => ["kjv", .. TokenizerNames.All.Where(name => name != "claude")];

    [SkippableFact]
    public void Normalization_that_llama_cpp_does_not_do_is_refused()
    {
        HafsException error = Assert.Throws<HafsException>(() => Vocabulary.Load(TokenizerPackages.Find("claude")));

        Assert.Equal((ErrorKind.Unsupported, "NormalizerUnsupported"), (error.Kind, error.Id));
        Assert.Contains("NFKC", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Corpus_has_more_than_two_megabytes()
    {
        Assert.True(TokenizerCorpus.Plain.Sum(text => Encoding.UTF8.GetByteCount(text)) > 2_000_000);
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllBytes(GoldenPath));
        Assert.Equal(golden.RootElement.GetProperty("corpus_sha256").GetString(), Hash(TokenizerCorpus.All.SelectMany(Encoding.UTF8.GetBytes).ToArray()));
    }

    /// <summary>The golden file holds a hash of the ids that Hugging Face's own (Rust) tokenizers give to every document.</summary>
    [SkippableTheory]
    [MemberData(nameof(Names))]
    public void Every_document_gets_the_ids_of_the_original(string name)
    {
        string folder = FolderOf(name);
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllBytes(GoldenPath));
        JsonElement expected = golden.RootElement.GetProperty("tokenizers").GetProperty(name);
        Assert.Equal(expected.GetProperty("tokenizer_json_sha256").GetString(), Hash(File.ReadAllBytes(Path.Combine(folder, "tokenizer.json"))));
        Tokenizer tokenizer = loaded.Get(folder);

        (int differing, string message) = Compare(expected, tokenizer.Encode);

        Assert.True(differing == 0, message);
    }

    /// <summary>The same ids from the vocabulary as a GGUF file would hold it. One that composes compatibly (NFKC) has no such file.</summary>
    [SkippableTheory]
    [MemberData(nameof(GgufNames))]
    public void Vocabulary_alone_gives_the_ids_of_the_original(string name)
    {
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllBytes(GoldenPath));
        string folder = FolderOf(name);
        Dictionary<string, object> metadata = Vocabulary.Load(folder).ToMetadata().ToDictionary();
        Tokenizer tokenizer = Tokenizer.FromVocabulary(Vocabulary.FromGguf(metadata.GetValueOrDefault, "test.gguf"), "test.gguf");

        // deepseek's tokenizer.json begins no text; its tokenizer_config.json, which GGUF follows, begins all with BOS.
        int begin = name == "deepseek_v3" ? 1 : 0;
        (int differing, string message) = Compare(
            golden.RootElement.GetProperty("tokenizers").GetProperty(name), (text, special, parse) => tokenizer.Encode(text, special, parse)[begin..]);

        Assert.True(differing == 0, message);
    }

    /// <summary>
    /// transformers.js runs on the Unicode tables of node and differs from the original on newer characters; on plain text it must agree.
    /// </summary>
    [SkippableTheory]
    [MemberData(nameof(Names))]
    public void Plain_text_gets_the_ids_of_transformers_js(string name)
    {
        string folder = FolderOf(name);
        _ = Peers.NodePeers;
        string[] documents = [.. TokenizerCorpus.Plain.Where((_, i) => i % 20 == 0)];
        using var scratch = new ScratchFolder();
        using JsonDocument peer = NodePeer.Run("tokenizer-encode.mjs", "transformers", folder, scratch.Write("documents.json", JsonSerializer.Serialize(documents)));
        Tokenizer tokenizer = loaded.Get(folder);
        int i = 0;
        foreach (JsonElement ids in peer.RootElement.GetProperty("ids").EnumerateArray())
        {
            Assert.Equal(ids.EnumerateArray().Select(id => id.GetInt32()), tokenizer.Encode(documents[i]));
            i++;
        }

        Assert.Equal(documents.Length, i);
    }

    [SkippableTheory]
    [MemberData(nameof(GgufNames))]
    public void Text_comes_back_from_its_ids(string name)
    {
        Tokenizer tokenizer = loaded.Get(FolderOf(name));
        foreach (string text in TokenizerCorpus.Plain.Where((text, i) => i % 10 == 0 && !text.Contains("<|", StringComparison.Ordinal) && !text.Contains("<unk>", StringComparison.Ordinal) && !text.Contains("s>", StringComparison.Ordinal)))
        {
            int[] ids = tokenizer.Encode(text, addSpecial: false);
            string decoded = tokenizer.Decode(ids);
            StreamingText stream = tokenizer.Stream(skipSpecial: false);
            string streamed = string.Concat(ids.Select(stream.Append)) + stream.Flush();
            // Word boundaries are spaces afterwards, and a composing tokenizer gives composed text back.
            Assert.Equal(Comparable(text), Comparable(decoded));
            Assert.Equal(decoded, streamed);
        }
    }

    private static string Comparable(string text) =>
        HafsModels.Tokenizers.Normalizers.UnicodeNormalization.Tables.Normalize(text, compatibility: false, compose: true).Replace('▁', ' ').Trim(' ');

    private static string FolderOf(string name) => name == "kjv" ? Repository.PathOf("tests", "models", "kjv-llama") : TokenizerPackages.Find(name);

    private static (int Differing, string Message) Compare(JsonElement golden, Func<string, bool, bool, int[]> encode)
    {
        string hashes = golden.GetProperty("documents").GetString()!;
        Assert.Equal(8 * TokenizerCorpus.All.Count, hashes.Length);
        int differing = 0;
        string first = "";
        for (int i = 0; i < TokenizerCorpus.All.Count; i++)
        {
            int[] ids = encode(TokenizerCorpus.All[i], true, true);
            if (Hash(MemoryMarshal.AsBytes(ids.AsSpan()).ToArray())[..8] == hashes.Substring(8 * i, 8))
                continue;
            differing++;
            first = first.Length > 0 ? first : $"document {i}: '{TokenizerCorpus.All[i][..Math.Min(100, TokenizerCorpus.All[i].Length)]}'";
        }

        return (differing, $"{differing} of {TokenizerCorpus.All.Count} documents differ; the first is {first}");
    }

    private static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    /// <summary>Tokenizers by folder, each loaded once for all tests of the class.</summary>
    public sealed class Loaded
    {
        private readonly Dictionary<string, Tokenizer> tokenizers = new(StringComparer.Ordinal);

        public Tokenizer Get(string folder)
        {
            if (!tokenizers.TryGetValue(folder, out Tokenizer? tokenizer))
                tokenizers.Add(folder, tokenizer = Tokenizer.Load(folder));
            return tokenizer;
        }
    }
}
