using HafsModels.Architectures;
using HafsModels.Conversion;
using HafsModels.Deployment;
using HafsModels.Registry;
using HafsModels.Tensors;
using HafsModels.Tests.Architectures;
using Xunit;
using Xunit.Abstractions;

namespace HafsModels.Tests.Deployment;

/// <summary>Files with one fault each, served by the real llama-server: every one fails its test, and the message names the fault.</summary>
public sealed class SeededFaultTests(ITestOutputHelper output) : IDisposable
{
    private const string Gemma =
        """
        {"architectures": ["GemmaForCausalLM"], "model_type": "gemma", "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
         "max_position_embeddings": 512, "vocab_size": 2048, "rms_norm_eps": 1e-06, "hidden_act": "gelu", "rope_theta": 10000.0, "head_dim": 32, "hidden_activation": "gelu_pytorch_tanh"}
        """;

    private readonly DeploymentFolder folder = new();

    [SkippableFact]
    public async Task A_wrong_chat_template_is_caught()
    {
        const string Other = "{% for message in messages %}{{ '[INST] ' + message['content'] + ' [/INST]' }}{% endfor %}";
        DeploymentTest test = await TestAsync(folder.Register("kjv-llama", metadata: new() { ["tokenizer.chat_template"] = Other }));
        Assert.False(test.TemplateMatches);
        Fails(test, "wrong template", "[INST]", "<|im_start|>");

        // The tokens it was asked with are the source's: the weights are not blamed.
        Assert.True(test.Checks.Single(c => c.Name == "greedy tokens").Passed);
    }

    [SkippableFact]
    public async Task Permuted_query_and_key_rows_are_caught()
    {
        DeploymentTest test = await TestAsync(folder.Register("kjv-llama", change: (model, plan) => With(plan, model, name => name.Contains("attn_q", StringComparison.Ordinal) || name.Contains("attn_k", StringComparison.Ordinal))));
        Fails(test, "permuted q/k", "attn_q");
    }

    [SkippableTheory]
    [InlineData(258, 268)]
    [InlineData(2030, 2031)]
    public async Task Swapped_token_ids_are_caught_also_where_no_prompt_has_them(int one, int other)
    {
        DeploymentTest test = await TestAsync(folder.Register("kjv-llama", vocabulary: v =>
        {
            string[] tokens = [.. v.Tokens];
            (tokens[one], tokens[other]) = (tokens[other], tokens[one]);
            return v with { Tokens = tokens };
        }));
        Fails(test, "swapped token ids", $"{one}", $"{other}");
        Assert.Equal(one == 2030, test.Checks.Single(c => c.Name == "tokenizer").Passed);
    }

    [SkippableTheory]
    [InlineData(500)]
    [InlineData(500_000)]
    public async Task A_wrong_rope_base_is_caught(float wrong)
    {
        DeploymentTest test = await TestAsync(folder.Register("kjv-llama", metadata: new() { ["llama.rope.freq_base"] = wrong }));
        Fails(test, "wrong rope base", "llama.rope.freq_base", $"{wrong}", "10000");
        Assert.False(test.Checks.Single(c => c.Name == "log-probabilities").Passed, $"{test.MeanLogProbDifference}");
    }

    [SkippableFact]
    public async Task A_norm_without_its_one_is_caught_and_one_with_it_passes()
    {
        using var checkpoint = new GeneratedCheckpoint(Gemma, Repository.PathOf("tests", "models", "kjv-llama"), seed: 5);
        DeploymentTest sound = await TestAsync(folder.Register(checkpoint.Folder, "F16"));
        Assert.True(sound.Passed, sound.Message);
        DeploymentTest test = await TestAsync(folder.Register(checkpoint.Folder, "F16", change: (_, plan) => plan with
        {
            Tensors = [.. plan.Tensors.Select(t => t.Name.Contains("norm", StringComparison.Ordinal) ? t with { Rows = new ShiftedRows(t.Rows, -1) } : t)],
        }));
        Fails(test, "missing +1 norm");
    }

    [SkippableFact]
    public async Task A_truncated_file_is_caught_before_and_after_it_is_deployed()
    {
        _ = Peers.LlamaBin;
        Artifact artifact = folder.Register("kjv-llama");
        DeploymentTest sound = await TestAsync(artifact);
        Assert.True(sound.Passed, sound.Message);
        using (FileStream file = File.OpenWrite(artifact.Path))
            file.SetLength(file.Length / 2);
        DeploymentTest test = await folder.Workbench.TestAsync(new TestRequest { ModelId = "kjv-llama" }, null, default);
        Fails(test, "changed since it was deployed", "ends");
        HafsException error = await Assert.ThrowsAsync<HafsException>(() => TestAsync(artifact));
        Assert.Equal((ErrorKind.InvalidData, "FileTruncated"), (error.Kind, error.Id));
    }

    public void Dispose() => folder.Dispose();

    private async Task<DeploymentTest> TestAsync(Artifact artifact)
    {
        _ = Peers.LlamaBin;
        await folder.Workbench.PublishAsync(new PublishRequest { ModelId = artifact.ModelId, Backend = "LlamaCpp", ArtifactPath = artifact.Path, Server = DeploymentFolder.Server }, null, default);
        DeploymentTest test = await folder.Workbench.TestAsync(new TestRequest { ModelId = artifact.ModelId }, null, default);
        output.WriteLine(test.Message);
        return test;
    }

    private static void Fails(DeploymentTest test, params string[] words)
    {
        Assert.False(test.Passed, test.Message);
        Assert.All(words, word => Assert.Contains(word, test.Message, StringComparison.Ordinal));
    }

    // The rows as the checkpoint has them, without what the family makes of them.
    private static ExportPlan With(ExportPlan plan, ModelFolder model, Func<string, bool> which) => plan with
    {
        Tensors = [.. plan.Tensors.Select(t => which(t.Name) ? t with { Rows = model.Tensors.Single(m => m.Role == t.Name).Rows } : t)],
    };
}
