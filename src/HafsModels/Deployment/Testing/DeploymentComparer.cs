using HafsModels.Architectures;
using HafsModels.Inference;
using HafsModels.Measurement.Reports;
using HafsModels.Registry;
using HafsModels.Tokenizers;

namespace HafsModels.Deployment.Testing;

/// <summary>Asks two deployments the same prompts, each in the words of its own chat template.</summary>
internal static class DeploymentComparer
{
    /// <summary>One of the two.</summary>
    /// <param name="Deployment">The deployment.</param>
    /// <param name="Source">What its model is read from; only its tokenizer is.</param>
    internal sealed record Side(ModelDeployment Deployment, ModelSource Source)
    {
        public override string ToString() => $"{Deployment.ModelId} on {Deployment.Backend}{(Deployment.Name == Deployment.ModelId ? "" : $" as {Deployment.Name}")}";
    }

    /// <summary>Compares.</summary>
    public static async Task<DeploymentComparison> RunAsync(Side reference, Side difference, TestRequest asked, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        IReadOnlyList<TestPrompt> prompts = asked.AllPrompts();
        IReadOnlyList<BackendReply> first = await AskAsync(reference, prompts, asked, progress, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<BackendReply> second = await AskAsync(difference, prompts, asked, progress, cancellationToken).ConfigureAwait(false);
        return new DeploymentComparison(reference.ToString(), difference.ToString(), [.. prompts.Select((prompt, i) => new ComparedAnswer(prompt.Title, first[i].Text, second[i].Text)
        {
            ReferencePassed = prompt.HasExpectation ? AnswerExpectation.Complaint(prompt, first[i].Text) is null : null,
            DifferencePassed = prompt.HasExpectation ? AnswerExpectation.Complaint(prompt, second[i].Text) is null : null,
            ReferenceFirstTokenMilliseconds = first[i].FirstTokenMilliseconds,
            DifferenceFirstTokenMilliseconds = second[i].FirstTokenMilliseconds,
            ReferenceTokensPerSecond = first[i].TokensPerSecond,
            DifferenceTokensPerSecond = second[i].TokensPerSecond,
        })]);
    }

    /// <summary>A comparison as a page with charts.</summary>
    public static ChartReport Chart(DeploymentComparison c) => new(
        $"{c.Reference} and {c.Difference}",
        $"{c.Answers.Count} prompts, {HumanNumber.Percent(c.SameAnswers)} answered with the same text{(c.Expected > 0 ? $"; as expected: {c.ReferencePassed} and {c.DifferencePassed} of {c.Expected}" : "")}",
        [
            new("Tokens per second, median", [Bar(c.Reference, c.ReferenceTokensPerSecond, 1, "", "size"), Bar(c.Difference, c.DifferenceTokensPerSecond, 1, "", "c5")]),
            new("Time to the first token, median", [Bar(c.Reference, c.ReferenceFirstTokenMilliseconds, 1, " ms", "size"), Bar(c.Difference, c.DifferenceFirstTokenMilliseconds, 1, " ms", "c5")]),
            new("Share of each answer that both begin with", [.. c.Answers.Select(a => new BarList.Bar(HumanNumber.OneLine(a.Prompt, 34), a.CommonStart, HumanNumber.Percent(a.CommonStart), a.IsSame ? "size" : "c5"))]),
        ],
        ["Prompt", c.Reference, c.Difference, "Same start", "As expected"],
        [.. c.Answers.Select(a => new[] { a.Prompt, a.Reference, a.Difference, HumanNumber.Percent(a.CommonStart), a.ReferencePassed is null ? "" : $"{Word(a.ReferencePassed)}, {Word(a.DifferencePassed)}" })],
        "Both were asked greedily.");

    private static BarList.Bar Bar(string label, double value, int decimals, string unit, string style) => new(HumanNumber.OneLine(label, 34), value, HumanNumber.Fixed(value, decimals) + unit, style);

    private static string Word(bool? passed) => passed == true ? "yes" : "no";

    private static async Task<IReadOnlyList<BackendReply>> AskAsync(Side side, IReadOnlyList<TestPrompt> prompts, TestRequest asked, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        (Vocabulary vocabulary, Tokenizer tokenizer) = TextGenerator.OpenTokenizer(side.Source);
        ChatTemplate? template = vocabulary.ChatTemplate is { } text ? ChatTemplate.Parse(text) : null;
        await using DeploymentSession session = await DeploymentTargets.Get(side.Deployment.Backend).OpenAsync(side.Deployment, asked.Key, cancellationToken).ConfigureAwait(false);
        var replies = new List<BackendReply>(prompts.Count);
        for (int i = 0; i < prompts.Count; i++)
        {
            progress?.Report(new WorkProgress($"Asking {side}", prompts[i].Title, i, prompts.Count));
            BackendPrompt prompt = BackendPrompt.Of(prompts[i], template, vocabulary, tokenizer);
            replies.Add(await session.GenerateAsync(prompt, prompts[i].MaxTokens ?? asked.MaxTokens, cancellationToken).ConfigureAwait(false));
        }

        return replies;
    }
}
