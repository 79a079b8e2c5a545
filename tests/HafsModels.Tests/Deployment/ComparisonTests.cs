using System.Text.Json;
using System.Xml.Linq;
using HafsModels.Deployment;
using HafsModels.Inference;
using HafsModels.Measurement;
using HafsModels.Registry;
using HafsModels.Tests.Hafs;
using Xunit;

namespace HafsModels.Tests.Deployment;

/// <summary>Two deployments side by side, and what the files made of a model are worth.</summary>
public sealed class ComparisonTests : IDisposable
{
    private readonly DeploymentFolder folder = new();

    [SkippableFact]
    public async Task Two_backends_of_one_file_answer_alike_and_two_models_do_not()
    {
        _ = Peers.LlamaBin;
        folder.Register("kjv-llama");
        folder.Register("kjv-qwen2");
        await PublishAsync("kjv-llama", "Embedded");
        await PublishAsync("kjv-llama", "LlamaCpp");
        await PublishAsync("kjv-qwen2", "Embedded");
        string prompts = Path.Combine(folder.Path, "prompts.jsonl"), report = Path.Combine(folder.Path, "reports", "ab.html");
        File.WriteAllText(prompts, """
            {"prompt": "And the LORD said unto", "raw": true, "pattern": "Moses|the"}
            {"prompt": "In the beginning", "raw": true, "pattern": "^nothing$"}
            {"prompt": "The <king> & his men", "raw": true}
            """);
        DeploymentComparison same = await folder.Workbench.CompareAsync(
            new CompareRequest { ReferenceId = "kjv-llama", ReferenceBackend = "Embedded", DifferenceId = "kjv-llama", DifferenceBackend = "LlamaCpp", Prompts = Asked(prompts), ReportPath = report }, null, default);
        Assert.Equal(3, same.Answers.Count);
        Assert.InRange(same.SameAnswers, 0.6, 1);
        Assert.Equal((2, 1, 1), (same.Expected, same.ReferencePassed, same.DifferencePassed));
        Assert.True(same.DifferenceTokensPerSecond > 0 && same.DifferenceFirstTokenMilliseconds > 0);
        string page = File.ReadAllText(report);
        Assert.Contains("The &lt;king&gt; &amp; his men", page, StringComparison.Ordinal);
        Assert.Equal(3, Picture(page).Descendants().Count(e => (string?)e.Attribute("class") == "heading"));

        DeploymentComparison other = await folder.Workbench.CompareAsync(
            new CompareRequest { ReferenceId = "kjv-llama", ReferenceBackend = "Embedded", DifferenceId = "kjv-qwen2", Prompts = Asked(prompts) }, null, default);
        Assert.Contains(other.Answers, a => !a.IsSame && a.CommonStart < 1);
    }

    [Fact]
    public void Files_are_measured_against_their_source_and_drawn()
    {
        folder.Register("kjv-llama", "Q8_0");
        folder.Register("kjv-llama", "Q4_K_M");
        string report = Path.Combine(folder.Path, "measured.html");
        IReadOnlyList<ModelMeasurement> all = folder.Workbench.Measure(new MeasureRequest { ModelId = "kjv-llama", MaxTokens = 256, ReportPath = report }, null, default);
        Assert.Equal(["source", "Q8_0", "Q4_K_M"], all.Select(m => m.Quantization));
        Assert.All(all, m => Assert.True(m.Tokens == 256 && m.TokensPerSecond > 0 && m.PromptTokensPerSecond > 0));
        Assert.Equal((0, 1), (all[0].MeanKlDivergence, all[0].Top1Agreement));
        Assert.True(all[0].MeanKlDivergence < all[1].MeanKlDivergence && all[1].MeanKlDivergence < all[2].MeanKlDivergence);
        Assert.True(all[2].WeightBytes < all[1].WeightBytes && all[1].WeightBytes < all[0].WeightBytes);

        // The figure is the definition's.
        using TextGenerator source = TextGenerator.Open(Repository.PathOf("tests", "models", "kjv-llama"), 0, default);
        int[] tokens = source.Tokenizer.Encode(EvaluationText.Read())[..257];
        Assert.Equal(FidelityMeasurement.Perplexity(source.Decoder, tokens, default), all[0].Perplexity, 1e-6);
        Assert.Equal(4, Picture(File.ReadAllText(report)).Descendants().Count(e => (string?)e.Attribute("class") == "heading"));

        ModelMeasurement[] one = [.. folder.Workbench.Measure(new MeasureRequest { ModelId = "kjv-llama", Quantizations = ["q8"], MaxTokens = 64 }, null, default)];
        Assert.Equal(["source", "Q8_0"], one.Select(m => m.Quantization));
        Assert.Equal("ArtifactNotFound", Assert.Throws<HafsException>(() => folder.Workbench.Measure(new MeasureRequest { ModelId = "kjv-llama", Quantizations = ["Q6_K"] }, null, default)).Id);
        Assert.Equal("ReportFormat", Assert.Throws<HafsException>(() => folder.Workbench.Measure(new MeasureRequest { ModelId = "kjv-llama", ReportPath = "x.pdf" }, null, default)).Id);
    }

    [Fact]
    public async Task The_command_line_evaluates_and_compares()
    {
        using var hafs = new HafsProcess();
        await hafs.RunAsync("models", "register", hafs.CopyModel("kjv-llama"), "--id", "kjv");
        Assert.Equal(0, (await hafs.RunAsync("models", "deploy", "kjv", "embedded", "-q", "Q8_0")).ExitCode);
        (int code, string text, string error) = await hafs.RunAsync("models", "evaluate", "kjv", "--max-tokens", "64", "--json");
        Assert.True(code == 0, error);
        using (JsonDocument measured = JsonDocument.Parse(text))
            Assert.Equal(["source", "Q8_0"], measured.RootElement.EnumerateArray().Select(m => m.GetProperty("quantization").GetString()));
        (code, text, error) = await hafs.RunAsync("models", "compare-deployments", "kjv", "kjv", "-p", "In the beginning", "--max-tokens", "8", "--json");
        Assert.True(code == 0, error);
        using JsonDocument compared = JsonDocument.Parse(text);
        Assert.Equal(1, compared.RootElement.GetProperty("same_answers").GetDouble());
    }

    public void Dispose() => folder.Dispose();

    private Task<ModelDeployment> PublishAsync(string model, string backend) => folder.Workbench.PublishAsync(
        new PublishRequest { ModelId = model, Backend = backend, Server = backend == "LlamaCpp" ? DeploymentFolder.Server : new ServerOptions() }, null, default);

    private static TestRequest Asked(string file) => new() { ModelId = "", PromptFile = file, MaxTokens = 16 };

    private static XElement Picture(string page)
    {
        int start = page.IndexOf("<svg", StringComparison.Ordinal), end = page.IndexOf("</svg>", StringComparison.Ordinal) + "</svg>".Length;
        return XElement.Parse(page[start..end]);
    }
}
