using HafsModels.Inference;
using HafsModels.Registry;

namespace HafsModels.Deployment;

/// <summary>The embedded decoder as a backend: a deployment is a file that this process can run, shown by running it.</summary>
public sealed class EmbeddedTarget : DeploymentTarget
{
    /// <inheritdoc/>
    public override string Name => "Embedded";

    /// <inheritdoc/>
    public override string RegistryName => "embedded";

    /// <inheritdoc/>
    public override string About => "the decoder in this process";

    /// <inheritdoc/>
    public override Task<ModelDeployment> PublishAsync(PublishJob job, IProgress<WorkProgress>? progress, CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            using Decoder decoder = Decoder.Open(job.Artifact.Path, 0, cancellationToken);
            decoder.Generate([0], new GenerationOptions { MaxTokens = 1 }, null, cancellationToken);
            return job.Deployed(Name, new Uri(job.Artifact.Path));
        },
        cancellationToken);

    /// <inheritdoc/>
    public override Task<DeploymentSession> OpenAsync(ModelDeployment deployment, string? key, CancellationToken cancellationToken) =>
        Task.Run<DeploymentSession>(() => new Session(TextGenerator.Open(deployment.ArtifactPath, 0, cancellationToken)), cancellationToken);

    /// <inheritdoc/>
    public override Task<string> UnpublishAsync(ModelDeployment deployment, string? key, CancellationToken cancellationToken) =>
        Task.FromResult("nothing was to stop: the embedded decoder runs in the process that asks");

    private sealed class Session(TextGenerator generator) : DeploymentSession
    {
        public override TextGenerator Local => generator;

        public override Task<BackendReply> GenerateAsync(BackendPrompt prompt, int maxTokens, CancellationToken cancellationToken) => Task.Run(
            () =>
            {
                Generation generation = generator.Decoder.Generate(prompt.Tokens.Span, new GenerationOptions { MaxTokens = maxTokens, StopTokens = generator.StopTokens }, null, cancellationToken);
                return BackendReply.Of(generation, generator.Decode(prompt.Tokens.Span, generation.Tokens), prompt.Tokens.Length);
            },
            cancellationToken);

        public override Task<IReadOnlyList<int>?> TokenizeAsync(string text, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<int>?>(generator.Tokenizer.Encode(text));

        public override Task<long?> MemoryAsync(CancellationToken cancellationToken) => Task.FromResult<long?>(generator.Decoder.WeightBytes);

        public override Task<string?> RenderAsync(IReadOnlyList<Tokenizers.ChatMessage> messages, CancellationToken cancellationToken) =>
            Task.FromResult(generator.Vocabulary.ChatTemplate is { } template ? Tokenizers.ChatTemplate.Parse(template).Render(messages, true, generator.Vocabulary) : null);

        public override ValueTask DisposeAsync()
        {
            generator.Dispose();
            return base.DisposeAsync();
        }
    }
}
