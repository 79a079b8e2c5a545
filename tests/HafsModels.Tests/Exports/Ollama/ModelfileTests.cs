using System.Text;
using FsCheck;
using FsCheck.Fluent;
using HafsModels.Exports.Ollama;
using HafsModels.Tests.Tokenizers;
using HafsModels.Tokenizers;
using Xunit;

namespace HafsModels.Tests.Exports.Ollama;

public class ModelfileTests
{
    [Fact]
    public void Every_instruction_is_read_in_any_case_and_spelling()
    {
        const string Text = """"
            # a comment with "quotes"
            from ./model.gguf
              FROM  ./mmproj.gguf

            Parameter temperature 0.7
            PARAMETER stop "<|im_end|>"
            PARAMETER stop # no comment
            TEMPLATE """{{ .System }}
            "quoted" line
            {{ .Prompt }}"""
            system "You are
            brief."
            ADAPTER ./lora.gguf
            LICENSE MIT
            LICENSE """
            Another
            """
            MESSAGE user Who?
            MESSAGE assistant "I am \n he."
            RENDERER qwen3
            PARSER qwen3
            REQUIRES 0.12.0
            """";

        Modelfile file = Modelfile.Parse(Text);

        Assert.Equal(["./model.gguf", "./mmproj.gguf"], file.From);
        Assert.Equal([new("temperature", "0.7"), new("stop", "<|im_end|>"), new("stop", "# no comment")], file.Parameters);
        Assert.Equal(["<|im_end|>", "# no comment"], file.Stops);
        Assert.Equal("{{ .System }}\n\"quoted\" line\n{{ .Prompt }}", file.Template);
        Assert.Equal("You are\nbrief.", file.System);
        Assert.Equal(["./lora.gguf"], file.Adapters);
        Assert.Equal(["MIT", "\nAnother\n"], file.Licenses);
        Assert.Equal([new ChatMessage("user", "Who?"), new ChatMessage("assistant", "I am \\n he.")], file.Messages);
        Assert.Equal(15, file.Instructions.Count);
    }

    [Theory]
    [InlineData("PARAMETER seed 1", "ModelfileWithoutFrom", "FROM")]
    [InlineData("FROM x\nSIZE 3", "ModelfileInstruction", "line 2: 'SIZE'")]
    [InlineData("FROM x\nSYSTEM \"\"\"never\nclosed", "ModelfileEnds", "line 2")]
    [InlineData("FROM x\nSYSTEM \"never closed", "ModelfileEnds", "line 2")]
    [InlineData("FROM x\nMESSAGE tool hi", "ModelfileRole", "'tool'")]
    [InlineData("FROM x\nPARAMETER\n", "ModelfileEnds", "PARAMETER")]
    [InlineData("FROM x\nPARAMETER  stop x\n", "ModelfileKey", "name")]
    [InlineData("FROM x\nMESSAGE User hi\n", "ModelfileRole", "'User'")]
    [InlineData("FROM x\nPARAMETER temperature", "ModelfileKey", "value")]
    [InlineData("FROM x\nSYSTEM\nbrief", "ModelfileEnds", "SYSTEM")]
    [InlineData("FROM", "ModelfileEnds", "FROM")]
    [InlineData("FROM \n", "ModelfileFromEmpty", "FROM")]
    [InlineData("FROM x\nSYS-TEM y", "ModelfileInstruction", "'SYS-'")]
    public void What_breaks_the_grammar_is_refused_with_its_line(string text, string id, string says)
    {
        HafsException error = Assert.Throws<HafsException>(() => Modelfile.Parse(text));

        Assert.Equal(id, error.Id);
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Byte_order_marks_of_windows_editors_are_read_and_never_written()
    {
        using var scratch = new ScratchFolder();
        foreach (Encoding encoding in new Encoding[] { new UTF8Encoding(true), new UnicodeEncoding(false, true), new UnicodeEncoding(true, true) })
        {
            string path = Path.Combine(scratch.Path, "Modelfile");
            File.WriteAllBytes(path, [.. encoding.GetPreamble(), .. encoding.GetBytes("FROM x\r\nSYSTEM Grüße 日本\r\n")]);

            Modelfile file = Modelfile.Read(path);
            file.Write(path);

            Assert.Equal("Grüße 日本", file.System);
            Assert.Equal("FROM x\nSYSTEM \"\"\"Grüße 日本\"\"\"\n", Encoding.UTF8.GetString(File.ReadAllBytes(path)));
        }
    }

    [Fact]
    public void Bytes_that_are_no_text_are_refused()
    {
        using var scratch = new ScratchFolder();
        string path = Path.Combine(scratch.Path, "Modelfile");
        File.WriteAllBytes(path, [.. "FROM x\nSYSTEM "u8, 0xFF, 0xC0]);

        Assert.Equal("ModelfileEncoding", Assert.Throws<HafsException>(() => Modelfile.Read(path)).Id);
    }

    [Fact]
    public void Whatever_can_be_written_reads_back_the_same()
    {
        Gen<string> pieces = Gen.Elements("a", " ", "\n", "\"", "\"\"\"", "#", "{{ .Prompt }}", "é", "\t", "FROM", "\r\n", "\u200d", "\U0001F600");
        Gen<string> texts = from count in Gen.Choose(0, 5) from parts in pieces.ArrayOf(count) select string.Concat(parts);
        Gen<ModelfileInstruction> instructions =
            from name in Gen.Elements<string>([.. Modelfile.InstructionNames])
            from key in Gen.Elements("user", "assistant", "system")
            from parameter in Gen.Elements("stop", "num_ctx", "temperature")
            from value in texts
            select new ModelfileInstruction(name, name == "PARAMETER" ? parameter : name == "MESSAGE" ? key : "", name == "FROM" ? "x" + value.ReplaceLineEndings("") : value);
        int written = 0;

        Prop.ForAll(instructions.ToArbitrary(), instruction =>
        {
            var file = new Modelfile([new ModelfileInstruction("FROM", "", "./model.gguf"), instruction, new ModelfileInstruction("PARAMETER", "stop", "<end>")]);
            try
            {
                string text = file.ToText();
                written++;
                Assert.Equal(file.Instructions, Modelfile.Parse(text).Instructions);
            }
            catch (HafsException exception)
            {
                // The grammar has no escapes: what cannot be written is refused instead of written wrongly.
                Assert.Equal("ModelfileValue", exception.Id);
            }
        }).QuickCheckThrowOnFailure();
        Assert.True(written >= 30, $"only {written} could be written");
    }

    [Fact]
    public void Characters_that_print_nothing_are_left_out_as_ollama_leaves_them_out() =>
        Assert.Equal("a\U0001F600b c", Modelfile.Parse("FROM x\nSYSTEM a\u200d\U0001F600b\u00a0\u0001 c\u3000\n").System);

    [Theory]
    [InlineData("num_ctx", "512", null)]
    [InlineData("num_ctx", "5.5", "must be an integer")]
    [InlineData("temperature", "0.6", null)]
    [InlineData("temperature", "warm", "must be a number")]
    [InlineData("use_mmap", "yes", "must be a boolean")]
    [InlineData("stop", "anything", null)]
    [InlineData("num_context", "512", "no parameter")]
    public void Parameters_are_checked_by_name_and_kind(string name, string value, string? complaint)
    {
        string? found = ModelfileParameter.Check(name, value);
        Assert.Equal(complaint is null, found is null);
        Assert.Contains(complaint ?? "", found ?? "", StringComparison.Ordinal);
    }
}
