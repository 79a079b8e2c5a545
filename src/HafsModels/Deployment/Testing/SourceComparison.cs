using HafsModels.Inference;
using HafsModels.Inference.Kernels;

namespace HafsModels.Deployment.Testing;

/// <summary>What the source says about the tokens a deployment generated: it is run on the same prompt and the same tokens, all positions at once.</summary>
/// <param name="Compared">Positions compared: the tokens, and the end where there is one.</param>
/// <param name="Agreeing">Positions where the source's first choice is the deployment's.</param>
/// <param name="Matching">Tokens before the first position where they part.</param>
/// <param name="Differences">Absolute differences of the log-probabilities of chosen tokens, nats, where the backend told them.</param>
/// <param name="SourceTokens">What the source itself generates.</param>
internal sealed record SourceComparison(int Compared, int Agreeing, int Matching, IReadOnlyList<double> Differences, IReadOnlyList<int> SourceTokens)
{
    /// <summary>Compares.</summary>
    /// <param name="source">The source.</param>
    /// <param name="prompt">Token ids of the prompt.</param>
    /// <param name="reply">What was generated: ids, and log-probabilities where known.</param>
    /// <param name="ended">Whether the deployment ended the text there by itself.</param>
    /// <param name="maxTokens">Most tokens of the source's own answer.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public static SourceComparison Of(TextGenerator source, ReadOnlySpan<int> prompt, IReadOnlyList<(int Id, double? LogProbability)> reply, bool ended, int maxTokens, CancellationToken cancellationToken)
    {
        int vocabulary = source.Decoder.Config.VocabularySize;
        DecoderSession session = source.Decoder.NewSession();
        int[] known = [.. reply.Select(t => t.Id).TakeWhile(id => id >= 0 && id < vocabulary).Take(session.Remaining - prompt.Length)];
        var logits = new float[(known.Length + 1) * vocabulary];
        session.Append([.. prompt, .. known], logits, cancellationToken);
        int agreeing = 0, matching = -1;
        var differences = new List<double>(known.Length);
        for (int i = 0; i < known.Length; i++)
        {
            ReadOnlySpan<float> here = logits.AsSpan(i * vocabulary, vocabulary);
            if (VectorMath.IndexOfMax(here) == known[i])
                agreeing++;
            else if (matching < 0)
                matching = i;
            if (reply[i].LogProbability is { } log)
                differences.Add(Math.Abs(here[known[i]] - LogitComparison.LogSumExp(here) - log));
        }

        bool whole = known.Length == reply.Count;
        int compared = reply.Count;
        if (ended && whole)
        {
            compared++;
            if (source.StopTokens.Contains(VectorMath.IndexOfMax(logits.AsSpan(known.Length * vocabulary))))
                agreeing++;
        }

        int common = matching < 0 ? known.Length : matching;
        return new SourceComparison(compared, agreeing, common, differences, Continue(source, session, prompt.Length, known.AsSpan(0, common), logits.AsSpan(common * vocabulary, vocabulary).ToArray(), maxTokens, cancellationToken));
    }

    // The source's own text: what is common, and from there on by itself.
    private static List<int> Continue(TextGenerator source, DecoderSession session, int prompt, ReadOnlySpan<int> common, float[] logits, int maxTokens, CancellationToken cancellationToken)
    {
        List<int> tokens = [.. common];
        session.Rewind(prompt + common.Length);
        while (tokens.Count < maxTokens && session.Remaining > 0)
        {
            int next = VectorMath.IndexOfMax(logits);
            if (source.StopTokens.Contains(next))
                break;
            tokens.Add(next);
            session.Append([next], logits, cancellationToken);
        }

        return tokens;
    }
}
