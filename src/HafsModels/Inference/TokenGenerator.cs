using System.Diagnostics;

namespace HafsModels.Inference;

/// <summary>Continues tokens with tokens.</summary>
internal static class TokenGenerator
{
    /// <summary>Continues a session.</summary>
    /// <param name="session">Where the prompt is appended, and every generated token but the last.</param>
    /// <param name="prompt">Token ids; at least one.</param>
    /// <param name="options">How long, and how.</param>
    /// <param name="onToken">Called with each token as it is chosen, or null.</param>
    /// <param name="cancellationToken">Ends the work between two blocks of a token.</param>
    public static Generation Run(DecoderSession session, ReadOnlySpan<int> prompt, GenerationOptions options, Action<int>? onToken, CancellationToken cancellationToken)
    {
        options.Sampling.Check();
        if (prompt.Length == 0)
            throw new HafsException(ErrorKind.InvalidArgument, "EmptyPrompt", "the prompt has no tokens; at least one is needed to continue from");
        var sampler = new Sampler(options.Sampling);
        List<int> history = [.. prompt];
        var reason = StopReason.MaxTokens;
        double first = 0, rest = 0;
        long start = Stopwatch.GetTimestamp();
        if (options.MaxTokens <= 0)
            return new Generation([], reason, first, rest);
        float[] logits = session.Append(prompt, cancellationToken);
        while (true)
        {
            int token = sampler.Next(logits, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(history));
            if (history.Count == prompt.Length)
                first = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            if (options.StopTokens.Contains(token))
            {
                reason = StopReason.StopToken;
                break;
            }

            history.Add(token);
            onToken?.Invoke(token);
            if (history.Count - prompt.Length == options.MaxTokens)
                break;
            if (session.Remaining == 0)
            {
                reason = StopReason.ContextFull;
                break;
            }

            session.Append([token], logits, cancellationToken);
        }

        int generated = history.Count - prompt.Length;
        rest = Stopwatch.GetElapsedTime(start).TotalMilliseconds - first;
        return new Generation(history[prompt.Length..], reason, first, generated > 1 && rest > 0 ? (generated - 1) * 1000 / rest : 0);
    }
}
