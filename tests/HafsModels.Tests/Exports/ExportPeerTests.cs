using System.Text.Json;
using HafsModels.Exports;
using HafsModels.Exports.Verification;
using HafsModels.Tests.Tokenizers;
using HafsModels.Tokenizers;
using Xunit;

namespace HafsModels.Tests.Exports;

/// <summary>Exports as the programs read them that they are made for.</summary>
public class ExportPeerTests
{
    private static readonly ChatMessage[] Messages = [new("system", "Be brief."), new("user", "Who is \"he\"?"), new("assistant", "David."), new("user", "Why?")];

    public static TheoryData<string> Models => ExportTests.Models;

    [SkippableTheory]
    [MemberData(nameof(Models))]
    public void Transformers_reads_a_hugging_face_export_and_makes_the_same_tokens_and_prompts(string model)
    {
        _ = Peers.NodePeers;
        using var scratch = new ScratchFolder();
        string folder = new Workbench(Path.Combine(scratch.Path, "registry.json"))
            .Export(ExportTests.Request(model, scratch) with { Formats = ["HuggingFace"], SkipVerification = true }, null, CancellationToken.None)[0].OutputPath;
        string[] texts = [.. TokenizerCorpus.Plain.Where((_, i) => i % 7 == 0)];

        using JsonDocument peer = NodePeer.Run(
            "export-read.mjs", folder, scratch.Write("texts.json", JsonSerializer.Serialize(texts)), scratch.Write("messages.json", JsonSerializer.Serialize(Messages.Select(m => new { role = m.Role, content = m.Content }))));

        Vocabulary vocabulary = Vocabulary.Load(folder);
        Tokenizer tokenizer = Tokenizer.Load(folder);
        Assert.Equal(model == "kjv-qwen2" ? "qwen2" : "llama", peer.RootElement.GetProperty("model_type").GetString());
        Assert.Equal(ChatTemplate.Parse(vocabulary.ChatTemplate!).Render(Messages, true, vocabulary), peer.RootElement.GetProperty("chat").GetString());
        foreach ((string text, JsonElement ids) in texts.Zip(peer.RootElement.GetProperty("ids").EnumerateArray()))
            Assert.Equal(tokenizer.Encode(text), ids.EnumerateArray().Select(i => i.GetInt32()));
    }

    [SkippableTheory]
    [MemberData(nameof(Models))]
    public void Llama_cpp_runs_the_gguf_files_and_answers_as_the_embedded_decoder_does(string model)
    {
        _ = Peers.LlamaBin;
        using var scratch = new ScratchFolder();
        IReadOnlyList<ExportResult> results = new Workbench(Path.Combine(scratch.Path, "registry.json"))
            .Export(ExportTests.Request(model, scratch) with { Formats = ["Ollama", "LMStudio"], Quantizations = ["Q8_0"] }, null, CancellationToken.None);

        foreach (ExportResult result in results)
        {
            ExportVerification seen = result.VerificationDetails!;
            string gguf = Assert.Single(result.Artifacts, a => a.EndsWith(".gguf", StringComparison.Ordinal));
            LlamaProgram.RunUntil(
                seen.SamplePrompt + seen.SampleOutput, scratch.Path, "llama-completion", "-m", gguf, "-p", seen.SamplePrompt, "-n", "16", "--temp", "0", "-no-cnv", "-t", "2", "--no-warmup", "--simple-io");
        }
    }
}
