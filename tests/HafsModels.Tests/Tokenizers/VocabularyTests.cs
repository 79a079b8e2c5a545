using HafsModels.Tokenizers;
using Xunit;

namespace HafsModels.Tests.Tokenizers;

public class VocabularyTests
{
    private const string Model = """{"type":"BPE","vocab":{"a":0,"b":1,"ab":2},"merges":["a b"]}""";

    [Fact]
    public void Trained_model_is_read_with_its_rule_and_special_tokens()
    {
        Vocabulary vocabulary = Vocabulary.Load(Repository.PathOf("tests", "models", "kjv-llama"));

        Assert.Equal(("gpt2", "qwen2", 2048), (vocabulary.Model, vocabulary.Pre, vocabulary.Tokens.Count));
        Assert.Equal((2047, 2045, null), (vocabulary.EosId, vocabulary.PadId, vocabulary.BosId));
        Assert.Equal((false, false, true), (vocabulary.AddBos, vocabulary.AddSpacePrefix, vocabulary.NormalizeNfc));
        Assert.Equal((TokenType.Control, "<|im_end|>"), (vocabulary.Types[2047], vocabulary.Tokens[2047]));
        Assert.Equal(TokenType.Normal, vocabulary.Types[0]);
        Assert.StartsWith("{% for message in messages %}", vocabulary.ChatTemplate, StringComparison.Ordinal);
    }

    [Fact]
    public void Metadata_reads_back_into_the_same_vocabulary()
    {
        Vocabulary vocabulary = Vocabulary.Load(Repository.PathOf("tests", "models", "kjv-llama"));
        Dictionary<string, object> metadata = vocabulary.ToMetadata().ToDictionary();

        Vocabulary back = Vocabulary.FromGguf(metadata.GetValueOrDefault, "test.gguf");

        Assert.Equal(metadata.OrderBy(key => key.Key), back.ToMetadata().OrderBy(key => key.Key));
    }

    [Fact]
    public void Vocabulary_is_filled_up_to_the_rows_of_the_embedding()
    {
        using var folder = Folder(Model, """{"type":"ByteLevel","add_prefix_space":false}""");
        folder.Write("config.json", """{"vocab_size":5}""");

        Vocabulary vocabulary = Vocabulary.Load(folder.Path);

        Assert.Equal(["a", "b", "ab", "[PAD3]", "[PAD4]"], vocabulary.Tokens);
        Assert.Equal([TokenType.Unused, TokenType.Unused], vocabulary.Types.Skip(3));
        Assert.Equal(["a b"], vocabulary.Merges);
    }

    [Theory]
    [InlineData(2, "VocabularyTooSmall", "highest id is 2")]
    [InlineData(2_000_000_000, "VocabularyTooLarge", "at most 4,000,000")]
    public void Vocabulary_larger_than_the_embedding_and_an_embedding_larger_than_any_are_refused(int size, string id, string complaint)
    {
        using var folder = Folder(Model, """{"type":"ByteLevel","add_prefix_space":false}""");
        folder.Write("config.json", $$"""{"vocab_size":{{size}}}""");

        HafsException error = Assert.Throws<HafsException>(() => Vocabulary.Load(folder.Path));

        Assert.Equal((ErrorKind.InvalidData, id), (error.Kind, error.Id));
        Assert.Contains(complaint, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Unknown_rule_is_named_and_can_be_overridden()
    {
        using var folder = Folder(Model, """{"type":"Split","pattern":{"Regex":"[xyz]+"},"behavior":"Isolated","invert":false}""");

        HafsException error = Assert.Throws<HafsException>(() => Vocabulary.Load(folder.Path));

        Assert.Equal((ErrorKind.Unsupported, "PreTokenizerUnknown"), (error.Kind, error.Id));
        Assert.Contains("split [xyz]+", error.Message, StringComparison.Ordinal);
        Assert.Contains("-PreTokenizer", error.Hint, StringComparison.Ordinal);
        Assert.Equal("gpt-2", Vocabulary.Load(folder.Path, "gpt-2").Pre);
    }

    [Fact]
    public void Name_that_llama_cpp_does_not_know_is_refused_with_the_nearest_ones()
    {
        using var folder = Folder(Model, """{"type":"ByteLevel","add_prefix_space":false}""");

        HafsException error = Assert.Throws<HafsException>(() => Vocabulary.Load(folder.Path, "qwen"));

        Assert.Equal((ErrorKind.InvalidArgument, "PreTokenizerUnknown"), (error.Kind, error.Id));
        Assert.Contains("'qwen2'", error.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void Name_that_would_say_nothing_is_refused()
    {
        using var folder = new ScratchFolder();

        HafsException error = Assert.Throws<HafsException>(() => Vocabulary.Load(SentencePieceTests.Unpack("bpe.model", folder), "llama-bpe"));

        Assert.Equal((ErrorKind.InvalidArgument, "PreTokenizerUnused"), (error.Kind, error.Id));
    }

    [Theory]
    [InlineData("{", "TokenizerFileInvalid")]
    [InlineData("[]", "TokenizerFileInvalid")]
    [InlineData("{}", "TokenizerJsonInvalid")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":-1},"merges":[]},"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false}}""", "TokenizerJsonInvalid")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":2000000000},"merges":[]},"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false}}""", "TokenizerJsonInvalid")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":["ab"]},"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false}}""", "TokenizerJsonInvalid")]
    [InlineData("""{"model":{"type":"BPE","vocab":7,"merges":[]},"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false}}""", "TokenizerJsonInvalid")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"added_tokens":[{"id":3000000000,"content":"x"}]}""", "TokenizerJsonInvalid")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":"0"},"merges":[]},"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false}}""", "TokenizerJsonInvalid")]
    public void Bad_tokenizer_file_is_a_clear_error(string json, string id)
    {
        using var folder = new ScratchFolder();
        string path = folder.Write("tokenizer.json", json);

        HafsException error = Assert.Throws<HafsException>(() => Vocabulary.Load(folder.Path));

        Assert.Equal((ErrorKind.InvalidData, id, path), (error.Kind, error.Id, error.Target));
    }

    [Fact]
    public void A_tokenizer_file_that_is_no_UTF8_is_a_clear_error()
    {
        using var folder = new ScratchFolder();
        string path = Path.Combine(folder.Path, "tokenizer.json");
        File.WriteAllText(path, """{"model":{"type":"BPE","vocab":{"ä":0},"merges":[]},"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false}}""", System.Text.Encoding.Latin1);

        HafsException error = Assert.Throws<HafsException>(() => Vocabulary.Load(folder.Path));

        Assert.Equal((ErrorKind.InvalidData, "TokenizerFileInvalid", path), (error.Kind, error.Id, error.Target));
    }

    [Theory]
    [InlineData("tokenizer.json", """{"model":{"type":"BPE","vocab":{"\ud800":0},"merges":[]}}""")]
    [InlineData("tokenizer_config.json", """{"chat_template":"{{ '\udc00' }}"}""")]
    [InlineData("tokenizer_config.json", """{"\uD83d":1}""")]
    public void Half_a_surrogate_pair_is_a_clear_error(string name, string json)
    {
        using var folder = Folder(Model, """{"type":"ByteLevel","add_prefix_space":false}""");
        string path = folder.Write(name, json);

        HafsException error = Assert.Throws<HafsException>(() => Vocabulary.Load(folder.Path));

        Assert.Equal((ErrorKind.InvalidData, "TokenizerFileInvalid", path), (error.Kind, error.Id, error.Target));
    }

    [Fact]
    public void A_template_file_that_is_no_UTF8_is_a_clear_error()
    {
        using var folder = Folder(Model, """{"type":"ByteLevel","add_prefix_space":false}""");
        string path = Path.Combine(folder.Path, "chat_template.jinja");
        File.WriteAllBytes(path, [(byte)'a', 0xe4]);

        HafsException error = Assert.Throws<HafsException>(() => Vocabulary.Load(folder.Path));

        Assert.Equal((ErrorKind.InvalidData, "TokenizerFileInvalid", path), (error.Kind, error.Id, error.Target));
    }

    [Fact]
    public void Folder_without_a_tokenizer_is_a_clear_error()
    {
        using var folder = new ScratchFolder();

        HafsException error = Assert.Throws<HafsException>(() => Vocabulary.Load(folder.Path));

        Assert.Equal((ErrorKind.NotFound, "TokenizerNotFound"), (error.Kind, error.Id));
    }

    [Fact]
    public void Separate_template_files_are_read_with_their_names()
    {
        using var folder = Folder(Model, """{"type":"ByteLevel","add_prefix_space":false}""");
        folder.Write("tokenizer_config.json", "{}");
        folder.Write("chat_template.jinja", "main");
        Directory.CreateDirectory(Path.Combine(folder.Path, "additional_chat_templates"));
        folder.Write(Path.Combine("additional_chat_templates", "tool use.jinja"), "tools");

        Vocabulary vocabulary = Vocabulary.Load(folder.Path);

        Assert.Equal("main", vocabulary.ChatTemplate);
        Assert.Equal([new("tool_use", "tools")], vocabulary.NamedChatTemplates);
    }

    private static ScratchFolder Folder(string model, string preTokenizer)
    {
        var folder = new ScratchFolder();
        folder.Write("tokenizer.json", $$"""{"model":{{model}},"pre_tokenizer":{{preTokenizer}}}""");
        return folder;
    }
}
