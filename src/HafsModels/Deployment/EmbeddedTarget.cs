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
    public override Task<ModelDeployment> PublishAsync(Artifact artifact, string name, IProgress<WorkProgress>? progress, CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            using Decoder decoder = Decoder.Open(artifact.Path, 0, cancellationToken);
            decoder.Generate([0], new GenerationOptions { MaxTokens = 1 }, null, cancellationToken);
            return new ModelDeployment
            {
                ModelId = artifact.ModelId,
                Backend = Name,
                Name = name,
                Endpoint = new Uri(artifact.Path).AbsoluteUri,
                ArtifactPath = artifact.Path,
                ArtifactSha256 = artifact.Sha256,
                Quantization = artifact.Quantization,
                DeployedAt = DateTimeOffset.UtcNow,
            };
        },
        cancellationToken);

    /// <inheritdoc/>
    public override Task<DeploymentSession> OpenAsync(ModelDeployment deployment, CancellationToken cancellationToken) =>
        Task.Run<DeploymentSession>(() => new Session(TextGenerator.Open(deployment.ArtifactPath, 0, cancellationToken)), cancellationToken);

    private sealed class Session(TextGenerator generator) : DeploymentSession
    {
        public override TextGenerator Local => generator;

        public override Task<Generation> GenerateAsync(ReadOnlyMemory<int> prompt, int maxTokens, CancellationToken cancellationToken) => Task.Run(
            () => generator.Decoder.Generate(prompt.Span, new GenerationOptions { MaxTokens = maxTokens, StopTokens = generator.StopTokens }, null, cancellationToken),
            cancellationToken);

        public override ValueTask DisposeAsync()
        {
            generator.Dispose();
            return base.DisposeAsync();
        }
    }
}
