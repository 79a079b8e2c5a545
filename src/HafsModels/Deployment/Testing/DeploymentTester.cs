using System.Globalization;
using System.Security.Cryptography;
using HafsModels.Architectures;
using HafsModels.Inference;
using HafsModels.Registry;
using HafsModels.Tokenizers;

namespace HafsModels.Deployment.Testing;

/// <summary>
/// Asks a deployment and judges its answers: by what is expected of them, and by the source checkpoint, which is run on the same token ids. A
/// verdict that is bad names the likely cause.
/// </summary>
internal sealed class DeploymentTester(Model model, ModelSource from, ModelDeployment deployment, TestRequest request, IProgress<WorkProgress>? progress)
{
    private readonly List<DeploymentCheck> checks = [];
    private readonly List<string> notes = [];
    private readonly List<DeploymentAnswer> answers = [];
    private readonly List<double> differences = [];
    private bool? templateMatches;

    private string What => $"{deployment.ModelId} on {deployment.Backend}";

    /// <summary>Tests a deployment.</summary>
    /// <param name="earlier">Notes on what happened before, such as a server that was started again.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public async Task<DeploymentTest> RunAsync(IEnumerable<string> earlier, CancellationToken cancellationToken)
    {
        notes.AddRange(earlier);
        IReadOnlyList<TestPrompt> prompts = request.AllPrompts();
        var test = new DeploymentTest
        {
            ModelId = model.Id,
            Backend = deployment.Backend,
            Name = deployment.Name,
            Passed = false,
            Message = "",
            TestedAt = DateTimeOffset.UtcNow,
        };
        if (!await CheckFileAsync(cancellationToken).ConfigureAwait(false))
            return Judged(test, []);

        Report("opening the deployment and its source", 0, prompts.Count);
        await using DeploymentSession session = await DeploymentTargets.Get(deployment.Backend).OpenAsync(deployment, request.Key, cancellationToken).ConfigureAwait(false);
        using TextGenerator source = await Task.Run(() => TextGenerator.Open(from, 0, cancellationToken), cancellationToken).ConfigureAwait(false);
        IReadOnlyList<string> contradictions = FaultFinder.Contradictions(from, source.Vocabulary, deployment.ArtifactPath);
        if (contradictions.Count > 0)
            Check("metadata", false, string.Join("; ", contradictions));
        ChatTemplate? template = source.Vocabulary.ChatTemplate is { } text ? ChatTemplate.Parse(text) : null;
        await CheckTokenizerAsync(session, source, cancellationToken).ConfigureAwait(false);
        var ids = new ReplyIds(source);
        for (int i = 0; i < prompts.Count; i++)
        {
            Report(prompts[i].Title, i, prompts.Count);
            await AskAsync(session, source, template, ids, prompts[i], cancellationToken).ConfigureAwait(false);
        }

        Fidelity? fidelity = session.Local is { } local
            ? await Task.Run(() => FidelityMeasurement.Measure(source, local, new FidelityOptions { Text = request.EvaluationText }, cancellationToken), cancellationToken).ConfigureAwait(false)
            : null;
        test = test with
        {
            Answers = answers,
            Fidelity = fidelity,
            TemplateMatches = templateMatches,
            ComparedTokens = answers.Sum(a => a.ComparedTokens),
            TokenAgreement = answers.Sum(a => a.AgreeingTokens) / (double)Math.Max(1, answers.Sum(a => a.ComparedTokens)),
            MeanLogProbDifference = differences.Count > 0 ? differences.Average() : null,
            MaxLogProbDifference = differences.Count > 0 ? differences.Max() : null,
            FirstTokenMilliseconds = answers[0].FirstTokenMilliseconds,
            TokensPerSecond = answers.Max(a => a.TokensPerSecond),
            MemoryBytes = await session.MemoryAsync(cancellationToken).ConfigureAwait(false),
        };
        CheckFigures(test);
        IReadOnlyList<string> causes = checks.TrueForAll(c => c.Passed) ? [] : await Task.Run(() => FaultFinder.Find(from, source, deployment.ArtifactPath, cancellationToken), cancellationToken).ConfigureAwait(false);
        return Judged(test, causes);
    }

    private async Task<bool> CheckFileAsync(CancellationToken cancellationToken)
    {
        bool served = deployment.Server is not null || deployment.Backend == "Embedded";
        if (!File.Exists(deployment.ArtifactPath))
        {
            if (!served)
            {
                notes.Add($"{deployment.ArtifactPath}: the file that was deployed is not here any more; the backend's copy is tested");
                return true;
            }

            return Check("file", false, $"{deployment.ArtifactPath}: the deployed file is gone");
        }

        if (deployment.ArtifactSha256.Length == 0)
            return true;
        FileStream stream = File.OpenRead(deployment.ArtifactPath);
        await using (stream.ConfigureAwait(false))
        {
            string found = Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellationToken).ConfigureAwait(false));
            if (found == deployment.ArtifactSha256)
                return Check("file", true, $"{deployment.ArtifactPath} is the file that was deployed");
            string changed = $"{deployment.ArtifactPath}: the file changed since it was deployed (sha256 {found}, deployed {deployment.ArtifactSha256})";
            return Check("file", false, FaultFinder.Damage(deployment.ArtifactPath) is { } damage ? $"{changed}: {damage}" : changed);
        }
    }

    private async Task CheckTokenizerAsync(DeploymentSession session, TextGenerator source, CancellationToken cancellationToken)
    {
        string text = request.EvaluationText ?? EvaluationText.Read();
        text = text.Length > 4000 ? text[..4000] : text;
        if (await session.TokenizeAsync(text, cancellationToken).ConfigureAwait(false) is not { } theirs)
            return;
        int[] ours = source.Tokenizer.Encode(text);
        int same = ours.Zip(theirs).TakeWhile(pair => pair.First == pair.Second).Count();
        Check("tokenizer", same == ours.Length && same == theirs.Count, same == ours.Length && same == theirs.Count
            ? $"the same {same:N0} tokens of a text"
            : $"token {same:N0} of a text is {At(theirs)} there and {At(ours)} ({(same < ours.Length ? source.Tokenizer.TokenOf(ours[same]) : "")}) in the source: token ids or pre-tokenizer differ");

        string At(IReadOnlyList<int> ids) => same < ids.Count ? ids[same].ToString(CultureInfo.InvariantCulture) : "missing";
    }

    private async Task AskAsync(DeploymentSession session, TextGenerator source, ChatTemplate? template, ReplyIds ids, TestPrompt asked, CancellationToken cancellationToken)
    {
        BackendPrompt prompt = BackendPrompt.Of(asked, template, source.Vocabulary, source.Tokenizer);
        int[] tokens = prompt.Tokens.ToArray();
        int most = asked.MaxTokens ?? request.MaxTokens;
        if (tokens.Length == 0)
            throw new HafsException(ErrorKind.InvalidArgument, "EmptyPrompt", $"the prompt \"{asked.Title}\" has no tokens", model.Id);
        if (tokens.Length + most > source.Decoder.Config.ContextLength)
        {
            throw new HafsException(
                ErrorKind.InvalidArgument, "PromptTooLong", $"the prompt \"{asked.Title}\" has {tokens.Length:N0} tokens; with {most:N0} to generate they exceed the model's context of {source.Decoder.Config.ContextLength:N0}", model.Id);
        }

        BackendReply reply = await session.GenerateAsync(prompt, most, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<(int Id, double? LogProbability)> generated = ids.Of(reply);
        SourceComparison found = await Task.Run(
            () => SourceComparison.Of(source, tokens, generated, reply.StopReason == StopReason.StopToken, most, cancellationToken), cancellationToken).ConfigureAwait(false);
        differences.AddRange(found.Differences);
        string answer = reply.Text.Length > 0 ? reply.Text : source.Decode(tokens, [.. generated.Select(t => t.Id)]);
        answers.Add(new DeploymentAnswer(asked.Title, answer, source.Decode(tokens, found.SourceTokens), found.Matching, generated.Count)
        {
            AgreeingTokens = found.Agreeing,
            ComparedTokens = found.Compared,
            MeanLogProbDifference = found.Differences.Count > 0 ? found.Differences.Average() : null,
            FirstTokenMilliseconds = reply.FirstTokenMilliseconds,
            TokensPerSecond = reply.TokensPerSecond,
        });
        if (generated.Count == 0 && found.SourceTokens.Count > 0)
            Check($"answer to \"{asked.Title}\"", false, "it answers nothing, and the source does");
        else if (asked.HasExpectation)
            Check($"answer to \"{asked.Title}\"", AnswerExpectation.Complaint(asked, answer) is null, AnswerExpectation.Complaint(asked, answer) ?? "as expected");
        if (prompt.Messages.Count > 0 && templateMatches != false)
            await CheckTemplateAsync(session, prompt, reply, most, source, cancellationToken).ConfigureAwait(false);
    }

    // What the backend itself makes of the conversation: its prompt where it shows that; else its own chat answer, which must be that to our prompt.
    private async Task CheckTemplateAsync(DeploymentSession session, BackendPrompt prompt, BackendReply reply, int maxTokens, TextGenerator source, CancellationToken cancellationToken)
    {
        string? complaint = null;
        bool isKnown = false;
        if (await session.RenderAsync(prompt.Messages, cancellationToken).ConfigureAwait(false) is { } rendered)
        {
            string ours = BackendPrompt.WithoutBos(prompt.Text, source.Vocabulary), theirs = BackendPrompt.WithoutBos(rendered, source.Vocabulary);
            int same = ours.AsSpan().CommonPrefixLength(theirs);
            complaint = ours == theirs ? null : $"from character {same} on the backend's chat template makes \"{Piece(theirs, same)}\" of a conversation, the model's own makes \"{Piece(ours, same)}\"";
            isKnown = true;
        }

        if (complaint is null && (!isKnown || !session.RendersItself) && await session.ChatAsync(prompt.Messages, maxTokens, cancellationToken).ConfigureAwait(false) is { } chat)
        {
            // A token that begins the text may be counted by one and not by the other.
            complaint = chat.PromptTokens is { } count && reply.PromptTokens is { } expected && Math.Abs(count - expected) > 1
                ? $"the backend's chat template makes {count} tokens of a conversation, the model's own makes {prompt.Tokens.Length}"
                : chat.Text.Trim() != reply.Text.Trim()
                    ? $"through its own chat template the backend answers \"{Piece(chat.Text, 0)}\", to the model's own prompt \"{Piece(reply.Text, 0)}\""
                    : null;
            isKnown = true;
        }

        if (!isKnown)
            return;
        if (complaint is not null || templateMatches is null)
            checks.RemoveAll(c => c.Name == "chat template");
        if (complaint is not null || templateMatches is null)
            Check("chat template", complaint is null, complaint is null ? "the backend feeds the model what its own template renders" : $"wrong template: {complaint}");
        templateMatches = complaint is null;
    }

    private void CheckFigures(DeploymentTest test)
    {
        if (test.ComparedTokens > 0)
        {
            Check("greedy tokens", test.TokenAgreement >= request.MinTokenAgreement, Figures(
                $"{answers.Sum(a => a.AgreeingTokens)} of {test.ComparedTokens} greedy tokens over {answers.Count} prompts are the source's first choice ({100 * test.TokenAgreement:0.0} %, at least {100 * request.MinTokenAgreement:0.0} %)"));
        }

        if (test.MeanLogProbDifference is { } mean)
            Check("log-probabilities", mean <= request.MaxLogProbDifference, Figures($"log-probabilities of {differences.Count} tokens differ by {mean:0.0000} nats on average (at most {request.MaxLogProbDifference}), {test.MaxLogProbDifference:0.000} at most"));
        if (test.Fidelity is { } f)
        {
            Check("probabilities", f.MeanKlDivergence <= request.MaxKlDivergence && f.Top1Agreement >= request.MinTop1Agreement, Figures(
                $"mean KL divergence {f.MeanKlDivergence:0.0000} nats (at most {request.MaxKlDivergence}), same first choice {100 * f.Top1Agreement:0.0} % (at least {100 * request.MinTop1Agreement:0.0} %) over {f.Tokens} tokens"));
        }

        if (request.MaxFirstTokenMilliseconds is { } latency)
            Check("first token", test.FirstTokenMilliseconds <= latency, Figures($"the first token came after {test.FirstTokenMilliseconds:0.0} ms (at most {latency})"));
        if (request.MinTokensPerSecond is { } speed)
            Check("speed", test.TokensPerSecond >= speed, Figures($"{test.TokensPerSecond:0.0} tokens/s (at least {speed})"));
        if (request.MaxMemoryBytes is { } memory && test.MemoryBytes is { } held)
            Check("memory", held <= memory, Figures($"the backend holds {held:N0} bytes (at most {memory:N0})"));
    }

    private DeploymentTest Judged(DeploymentTest test, IReadOnlyList<string> causes)
    {
        DeploymentCheck[] failed = [.. checks.Where(c => !c.Passed)];
        string message = failed.Length == 0
            ? $"{What} answers like its source: {string.Join("; ", checks.Where(c => c.Name is "greedy tokens" or "log-probabilities" or "probabilities").Select(c => c.Message))}"
            : $"{What} {(failed.All(c => c.Name is "first token" or "speed" or "memory" or "file") ? "fails" : "does not answer like its source")}: {string.Join("; ", failed.Select(c => c.Message))}"
              + (causes.Count > 0 ? $". Likely cause: {string.Join("; ", causes)}" : "");
        return test with { Passed = failed.Length == 0, Message = message, Checks = checks, Notes = notes };
    }

    private bool Check(string name, bool passed, string message)
    {
        checks.Add(new DeploymentCheck(name, passed, message));
        return passed;
    }

    private void Report(string status, int done, int all) => progress?.Report(new WorkProgress($"Testing {What}", status, done, all));

    private static string Piece(string text, int start)
    {
        string piece = text[Math.Min(start, text.Length)..].ReplaceLineEndings("\\n");
        return piece.Length > 40 ? piece[..40] + "…" : piece;
    }

    private static string Figures(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
