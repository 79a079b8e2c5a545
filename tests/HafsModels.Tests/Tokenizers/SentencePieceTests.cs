using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using HafsModels.Tokenizers;
using HafsModels.Tokenizers.Normalizers;
using Xunit;

namespace HafsModels.Tests.Tokenizers;

/// <summary>tokenizer.model files trained by the real SentencePiece, and the ids it gives.</summary>
public class SentencePieceTests
{
    private static string GoldenFolder => Repository.PathOf("tests", "HafsModels.Tests", "Tokenizers", "SentencePiece");

    private static JsonDocument Golden => JsonDocument.Parse(File.ReadAllBytes(Path.Combine(GoldenFolder, "spm-encode.json")));

    public static TheoryData<string> Names => ["bpe", "bpe_user_defined", "unigram", "unigram_bytes"];

    /// <summary>spm_encode reads a line a text, so a document is given line by line.</summary>
    internal static IReadOnlyList<string> Lines { get; } =
        [.. TokenizerCorpus.All.SelectMany(document => document.Split('\n')).Select(line => line.Replace("\0", "", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_line_gets_the_ids_of_sentencepiece(string name)
    {
        using var folder = new ScratchFolder();
        Tokenizer tokenizer = Tokenizer.Load(Unpack(name + ".model", folder));
        using JsonDocument golden = Golden;
        string hashes = golden.RootElement.GetProperty("models").GetProperty(name).GetProperty("blocks").GetString()!;
        int size = golden.RootElement.GetProperty("lines_a_block").GetInt32();
        var different = new List<int>();

        for (int block = 0; block * size < Lines.Count; block++)
        {
            int[] ids = [.. Lines.Skip(block * size).Take(size).SelectMany(line => tokenizer.Encode(line, addSpecial: false, parseSpecial: false).Append(-1))];
            if (Hash(MemoryMarshal.AsBytes(ids.AsSpan()))[..8] != hashes.Substring(8 * block, 8))
                different.Add(block);
        }

        Assert.Equal(8 * ((Lines.Count + size - 1) / size), hashes.Length);
        Assert.True(different.Count == 0, $"{different.Count} blocks of {size} lines differ, such as {string.Join(", ", different.Take(10))}");
    }

    [Fact]
    public void Bpe_model_becomes_the_vocabulary_the_reference_converter_writes()
    {
        using var folder = new ScratchFolder();
        Unpack("bpe.model", folder);
        folder.Write("config.json", """{"model_type":"llama","vocab_size":705,"bos_token_id":1,"eos_token_id":2}""");
        folder.Write("added_tokens.json", """{"<extra>":700}""");
        folder.Write("tokenizer_config.json", """{"add_bos_token":true,"add_eos_token":false,"added_tokens_decoder":{"0":{"content":"<unk>","special":true},"701":{"content":"<|end|>","special":true},"702":{"content":"▁x"}}}""");

        Vocabulary vocabulary = Vocabulary.Load(folder.Path);

        Assert.Equal(("llama", "default", 705), (vocabulary.Model, vocabulary.Pre, vocabulary.Tokens.Count));
        Assert.Equal(["<unk>", "<s>", "</s>", "<0x00>"], vocabulary.Tokens.Take(4));
        Assert.Equal([TokenType.Control, TokenType.Control, TokenType.Control, TokenType.Byte], vocabulary.Types.Take(4));
        Assert.Equal([-1000, 0, 0, 0], vocabulary.Scores!.Take(4));
        Assert.Equal(["<extra>", "<|end|>", " x", "[PAD703]", "[PAD704]"], vocabulary.Tokens.Skip(700));
        Assert.Equal([TokenType.UserDefined, TokenType.Control, TokenType.UserDefined, TokenType.Unused, TokenType.Unused], vocabulary.Types.Skip(700));
        Assert.Equal([-1000, -1000, -1000, -10000, -10000], vocabulary.Scores!.Skip(700));
        Assert.Equal((1, 2, 0, true, false), (vocabulary.BosId, vocabulary.EosId, vocabulary.UnkId, vocabulary.AddBos, vocabulary.AddEos));
        Assert.Equal((null, null, null), (vocabulary.AddSpacePrefix, vocabulary.RemoveExtraWhitespaces, vocabulary.PrecompiledCharsMap));
    }

    [Fact]
    public void Unigram_model_becomes_a_t5_vocabulary_with_its_normalization()
    {
        using var folder = new ScratchFolder();
        Unpack("unigram.model", folder);

        Vocabulary vocabulary = Vocabulary.Load(folder.Path);
        Dictionary<string, object> metadata = vocabulary.ToMetadata().ToDictionary();

        Assert.Equal(("t5", true, true), (vocabulary.Model, vocabulary.AddSpacePrefix, vocabulary.RemoveExtraWhitespaces));
        Assert.Equal((0, 1, 2, null), (vocabulary.PadId, vocabulary.EosId, vocabulary.UnkId, vocabulary.BosId));
        Assert.Equal(TokenType.Unknown, vocabulary.Types[2]);
        Assert.InRange(vocabulary.PrecompiledCharsMap!.Length, 200_000, 300_000);
        Tokenizer read = Tokenizer.FromVocabulary(Vocabulary.FromGguf(metadata.GetValueOrDefault, "test.gguf"), "test.gguf");
        const string text = "  In ＴＨＥ ﬁrst\u00a0 day…  ";
        Assert.Equal(Tokenizer.Load(folder.Path).Encode(text), read.Encode(text));
        Assert.Equal("In THE first day...", read.Decode(read.Encode(text), skipSpecial: true));
        Assert.Equal(1, read.Encode(text)[^1]);
    }

    [Fact]
    public void User_defined_pieces_stay_user_defined()
    {
        using var folder = new ScratchFolder();
        Unpack("bpe_user_defined.model", folder);

        Vocabulary vocabulary = Vocabulary.Load(folder.Path);

        int user = vocabulary.Tokens.ToList().IndexOf("    ");
        Assert.Equal((TokenType.UserDefined, false), (vocabulary.Types[user], vocabulary.AddSpacePrefix));
        Assert.Equal([user, user], Tokenizer.Load(folder.Path).Encode("        ", addSpecial: false));
    }

    [Fact]
    public void Unigram_with_byte_fallback_is_refused_by_gguf_because_llama_cpp_has_none()
    {
        using var folder = new ScratchFolder();
        Unpack("unigram_bytes.model", folder);

        Vocabulary vocabulary = Vocabulary.Load(folder.Path);
        HafsException error = Assert.Throws<HafsException>(vocabulary.ToMetadata);

        Assert.Equal((ErrorKind.Unsupported, "UnigramByteFallbackUnsupported"), (error.Kind, error.Id));
        Assert.Equal((true, false), (vocabulary.AddBos, vocabulary.AddEos));
    }

    [Fact]
    public void Two_tokenizer_files_that_disagree_are_refused()
    {
        using var folder = new ScratchFolder();
        string path = Unpack("bpe.model", folder) + Path.DirectorySeparatorChar + "tokenizer.model";
        folder.Write("tokenizer.json", """{"model":{"type":"BPE","vocab":{"<unk>":0,"<s>":1,"</s>":2,"other":300},"merges":[],"byte_fallback":true}}""");

        HafsException error = Assert.Throws<HafsException>(() => Vocabulary.Load(folder.Path));

        Assert.Equal((ErrorKind.InvalidData, "TokenizersDisagree", path), (error.Kind, error.Id, error.Target));
        Assert.Contains("but 'other' in tokenizer.json", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tiktoken_file_alone_is_named_and_beside_tokenizer_json_is_left_alone()
    {
        using var folder = new ScratchFolder();
        folder.Write("tokenizer.model", "IQ== 0\nIg== 1\n");

        HafsException error = Assert.Throws<HafsException>(() => Vocabulary.Load(folder.Path));
        folder.Write("tokenizer.json", """{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false}}""");

        Assert.Equal((ErrorKind.Unsupported, "TokenizerModelFileUnsupported"), (error.Kind, error.Id));
        Assert.Equal("gpt2", Vocabulary.Load(folder.Path).Model);
    }

    [Theory]
    [InlineData("0A", "SentencePieceInvalid")]
    [InlineData("0A7F", "SentencePieceInvalid")]
    [InlineData("0A03 0A0161", "SentencePieceInvalid")] // no piece for unknown text
    [InlineData("0A05 0A01611802 0A03 0A0161", "SentencePieceInvalid")] // the same piece twice
    [InlineData("0A05 0A01611802 0A07 0A0162 15 0000807F", "SentencePieceInvalid")] // an infinite score, and cut short
    [InlineData("0A05 0A01611802 0A08 0A0162 15 0000807F", "SentencePieceInvalid")] // an infinite score
    [InlineData("0A05 0A01611802 12021803", "SentencePieceKindUnsupported")] // a word model
    public void Bad_model_file_is_a_clear_error(string hex, string id)
    {
        using var folder = new ScratchFolder();
        string path = Path.Combine(folder.Path, "tokenizer.model");
        File.WriteAllBytes(path, Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)));

        HafsException error = Assert.Throws<HafsException>(() => Vocabulary.Load(folder.Path));

        Assert.Equal((id, path), (error.Id, error.Target));
    }

    [Theory]
    [InlineData("added_tokens.json", """{"x":2000000000}""")]
    [InlineData("tokenizer_config.json", """{"added_tokens_decoder":{"2000000000":{"content":"x"}}}""")]
    public void Added_token_with_an_id_beyond_any_vocabulary_is_a_clear_error(string name, string json)
    {
        using var folder = new ScratchFolder();
        Unpack("bpe.model", folder);
        folder.Write(name, json);

        HafsException error = Assert.Throws<HafsException>(() => Vocabulary.Load(folder.Path));

        Assert.Equal("TokenizerFileInvalid", error.Id);
        Assert.Contains($"{name}: 'x' has the id 2000000000", error.Message, StringComparison.Ordinal);
    }

    // The trie knows the byte C3, the first of é's two, and nothing else.
    [Fact]
    public void Compiled_map_that_would_cut_characters_leaves_them_whole()
    {
        var map = new byte[4 + 0x400 + 2];
        BinaryPrimitives.WriteUInt32LittleEndian(map, 0x400);
        BinaryPrimitives.WriteUInt32LittleEndian(map.AsSpan(4 + (4 * 0xC3)), (1 << 10) | 0x100 | 0xC3);
        BinaryPrimitives.WriteUInt32LittleEndian(map.AsSpan(4 + (4 * 0xC2)), 0x80000000);
        map[^2] = (byte)'X';

        Assert.Equal("éé z é", new SentencePieceNormalizer(new PrecompiledCharsMap(map), addsPrefix: false, shrinksSpaces: false, ["z"]).Normalize("éé z é").Replace('\u2581', ' '));
    }

    [Fact]
    public void Model_file_cut_anywhere_never_gives_another_error()
    {
        byte[] whole = File.ReadAllBytes(Path.Combine(GoldenFolder, "unigram_bytes.model"));
        using var folder = new ScratchFolder();
        string path = Path.Combine(folder.Path, "tokenizer.model");
        for (int length = 0; length < whole.Length; length += 97)
        {
            byte[] damaged = whole[..length];
            if (length > 0 && length % 2 == 0)
                damaged[length / 2] ^= 0x55;
            File.WriteAllBytes(path, damaged);
            Exception? error = Record.Exception(() => Tokenizer.Load(folder.Path).Encode("In the beginning"));
            Assert.True(error is null or HafsException, $"{length} bytes: {error}");
        }
    }

    /// <summary>Puts a model file into a folder as tokenizer.model; returns the folder's path.</summary>
    internal static string Unpack(string name, ScratchFolder folder)
    {
        File.Copy(Path.Combine(GoldenFolder, name), Path.Combine(folder.Path, "tokenizer.model"));
        return folder.Path;
    }

    private static string Hash(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
