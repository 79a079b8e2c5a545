using System.Globalization;
using System.Security.Cryptography;
using HafsModels.Architectures;
using HafsModels.Inference;
using HafsModels.Registry;

namespace HafsModels.Deployment;

/// <summary>Asks a deployment and its source the same things and judges the answers.</summary>
internal static class DeploymentTester
{
    private static readonly string[] BuiltInPrompts = ["In the beginning", "Once upon a time there was", "The answer to the question is"];

    /// <summary>Tests one deployment.</summary>
    /// <param name="model">The model it was made from.</param>
    /// <param name="from">What that is read from.</param>
    /// <param name="deployment">The deployment.</param>
    /// <param name="request">How strictly.</param>
    /// <param name="progress">Told which prompt is asked.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public static async Task<DeploymentTest> TestAsync(Model model, ModelSource from, ModelDeployment deployment, TestRequest request, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        var test = new DeploymentTest
        {
            ModelId = model.Id,
            Backend = deployment.Backend,
            Name = deployment.Name,
            Passed = false,
            Message = "",
            TestedAt = DateTimeOffset.UtcNow,
        };
        if (await DriftAsync(deployment, cancellationToken).ConfigureAwait(false) is { } drift)
            return test with { Message = drift };

        progress?.Report(new WorkProgress($"Testing {model.Id} on {deployment.Backend}", "opening the deployment and its source", 0, 0));
        await using DeploymentSession session = await DeploymentTargets.Get(deployment.Backend).OpenAsync(deployment, cancellationToken).ConfigureAwait(false);
        using TextGenerator source = await Task.Run(() => TextGenerator.Open(from, 0, cancellationToken), cancellationToken).ConfigureAwait(false);

        IReadOnlyList<string> prompts = request.Prompts.Count > 0 ? request.Prompts : BuiltInPrompts;
        var answers = new List<DeploymentAnswer>(prompts.Count);
        double firstToken = 0, speed = 0;
        for (int i = 0; i < prompts.Count; i++)
        {
            progress?.Report(new WorkProgress($"Testing {model.Id} on {deployment.Backend}", prompts[i], i, prompts.Count));
            int[] prompt = [.. source.Tokenizer.Encode(prompts[i])];
            if (prompt.Length == 0)
                throw new HafsException(ErrorKind.InvalidArgument, "EmptyPrompt", $"prompt {i + 1} has no tokens", model.Id);
            Generation answer = await session.GenerateAsync(prompt, request.MaxTokens, cancellationToken).ConfigureAwait(false);
            Generation original = await Task.Run(() => source.Decoder.Generate(prompt, new GenerationOptions { MaxTokens = request.MaxTokens, StopTokens = source.StopTokens }, null, cancellationToken), cancellationToken).ConfigureAwait(false);
            answers.Add(new DeploymentAnswer(
                prompts[i],
                source.Decode(prompt, answer.Tokens),
                source.Decode(prompt, original.Tokens),
                answer.Tokens.Zip(original.Tokens).TakeWhile(pair => pair.First == pair.Second).Count(),
                answer.Tokens.Count));
            firstToken = i == 0 ? answer.FirstTokenMilliseconds : firstToken;
            speed = Math.Max(speed, answer.TokensPerSecond);
        }

        Fidelity? fidelity = session.Local is { } local
            ? await Task.Run(() => FidelityMeasurement.Measure(source, local, new FidelityOptions { Text = request.EvaluationText }, cancellationToken), cancellationToken).ConfigureAwait(false)
            : null;
        (bool passed, string message) = Judge(deployment, answers, fidelity, request);
        return test with { Passed = passed, Message = message, Fidelity = fidelity, Answers = answers, FirstTokenMilliseconds = firstToken, TokensPerSecond = speed };
    }

    /// <summary>Why the deployed file is not the one that was deployed, or null.</summary>
    private static async Task<string?> DriftAsync(ModelDeployment deployment, CancellationToken cancellationToken)
    {
        if (!File.Exists(deployment.ArtifactPath))
            return $"{deployment.ArtifactPath}: the deployed file is gone";
        if (deployment.ArtifactSha256.Length == 0)
            return null;
        FileStream stream = File.OpenRead(deployment.ArtifactPath);
        await using (stream.ConfigureAwait(false))
        {
            string found = Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellationToken).ConfigureAwait(false));
            return found == deployment.ArtifactSha256 ? null : $"{deployment.ArtifactPath}: the file changed since it was deployed (sha256 {found}, deployed {deployment.ArtifactSha256})";
        }
    }

    private static (bool Passed, string Message) Judge(ModelDeployment deployment, List<DeploymentAnswer> answers, Fidelity? fidelity, TestRequest request)
    {
        string what = $"{deployment.ModelId} on {deployment.Backend}";
        if (answers.Find(a => a.Tokens == 0) is { } silent)
            return (false, $"{what} answers nothing to \"{silent.Prompt}\"");
        if (fidelity is null)
        {
            int matching = answers.Sum(a => a.MatchingTokens), all = answers.Sum(a => a.Tokens);
            return (matching > 0, $"{what}: {matching} of {all} greedy tokens equal the source's");
        }

        string figures = string.Create(
            CultureInfo.InvariantCulture,
            $"mean KL divergence {fidelity.MeanKlDivergence:0.0000} nats (at most {request.MaxKlDivergence}), same first choice {100 * fidelity.Top1Agreement:0.0} % (at least {100 * request.MinTop1Agreement:0.0} %) over {fidelity.Tokens} tokens");
        bool passed = fidelity.MeanKlDivergence <= request.MaxKlDivergence && fidelity.Top1Agreement >= request.MinTop1Agreement;
        return (passed, passed ? $"{what} answers like its source: {figures}" : $"{what} does not answer like its source: {figures}");
    }
}
