using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using HafsModels.Formats.Gguf;
using HafsModels.Tokenizers;
using HafsModels.Tokenizers.Normalizers;
using Xunit;

namespace HafsModels.Tests.Tokenizers;

/// <summary>The real llama-tokenize on files that hold nothing but our vocabulary.</summary>
public class LlamaTokenizePeerTests
{
    /// <summary>
    /// What llama.cpp itself splits otherwise than the original, whatever the file says: rare white space and the long s (its own tables), literal
    /// word boundaries, text that is not composed yet (its NFC leaves out the kana's voicing marks), and under gpt-4o combining marks, which its
    /// regex takes for no letters. Special tokens are left out here.
    /// </summary>
    private static string Common(string text, bool withMarks) =>
        string.Concat(UnicodeNormalization.Tables.Normalize(text, compatibility: false, compose: true).Select(c => c == '<' ? '(' : c)
            .Where(c => !Rare.Contains(c) && (withMarks || CharUnicodeInfo.GetUnicodeCategory(c) is not (UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark))));

    private static readonly SearchValues<char> Rare = SearchValues.Create("\u0085\ufeff\u200b\u2028\v\f\u017f\u2581");

    [SkippableTheory]
    [InlineData("kjv")]
    [InlineData("llama2")]
    [InlineData("llama3")]
    [InlineData("qwen3")]
    [InlineData("gemma3")]
    [InlineData("gptoss")]
    [InlineData("deepseek_v3")]
    [InlineData("bpe.model")]
    [InlineData("bpe_user_defined.model")]
    [InlineData("unigram.model")]
    public void Llama_cpp_gives_the_same_ids(string name)
    {
        string program = Path.Combine(Peers.LlamaBin, "llama-tokenize");
        using var scratch = new ScratchFolder();
        string folder = name == "kjv" ? Repository.PathOf("tests", "models", "kjv-llama") : name.EndsWith(".model", StringComparison.Ordinal) ? SentencePieceTests.Unpack(name, scratch) : TokenizerPackages.Find(name);
        string model = Path.Combine(scratch.Path, "vocabulary.gguf");
        KeyValuePair<string, GgufValue>[] metadata =
        [
            new("general.architecture", new GgufValue("llama")),
            .. Vocabulary.Load(folder).ToMetadata().Select(key => new KeyValuePair<string, GgufValue>(key.Key, new GgufValue(key.Value))),
        ];
        File.WriteAllBytes(model, GgufHeader.Build(metadata, []).Bytes);
        Tokenizer tokenizer = Tokenizer.Load(folder);
        string text = string.Join("\n", TokenizerCorpus.Plain.Where((_, i) => i % 5 == 0).Select(document => Common(document, withMarks: name != "gptoss")));

        int[] theirs = Run(program, model, scratch.Write("text.txt", text));

        // The program ends texts only of models that also begin them.
        int[] ours = tokenizer.Encode(text, addSpecial: name != "unigram.model");
        // Here tokenizer_config.json asks for a BOS that tokenizer.json leaves out.
        if (name == "deepseek_v3")
            ours = [0, .. ours];
        int same = ours.Zip(theirs).TakeWhile(pair => pair.First == pair.Second).Count();
        Assert.True(ours.AsSpan().SequenceEqual(theirs),
            $"{ours.Length} ids of ours, {theirs.Length} of llama.cpp; they part at {same}: {Spell(tokenizer, ours, same)} against {Spell(tokenizer, theirs, same)}");
    }

    private static string Spell(Tokenizer tokenizer, int[] ids, int at) => string.Join('|', ids.Skip(Math.Max(0, at - 2)).Take(8).Select(tokenizer.TokenOf));

    private static int[] Run(string program, string model, string text)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in new[] { "-m", model, "-f", text, "--ids", "--log-disable", "--no-escape" })
            start.ArgumentList.Add(argument);
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"llama-tokenize ended with {process.ExitCode}: {errors.Result}");
        return [.. output.Trim().Trim('[', ']').Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(id => int.Parse(id, CultureInfo.InvariantCulture))];
    }
}
