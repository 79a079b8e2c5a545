using HafsModels.Inference.Kernels;

namespace HafsModels.Inference;

/// <summary>
/// Chooses tokens from logits: repeat penalty, then top-k, top-p and min-p (each keeps a beginning of the tokens ordered by probability),
/// then temperature and a random choice. Own random numbers, so that a seed means the same on every system.
/// </summary>
internal sealed class Sampler(SamplingOptions options)
{
    private ulong state = options.Seed;

    /// <summary>Chooses the next token.</summary>
    /// <param name="logits">Logits of all tokens; changed by the repeat penalty.</param>
    /// <param name="history">Tokens seen so far.</param>
    public int Next(Span<float> logits, ReadOnlySpan<int> history)
    {
        Penalize(logits, history);
        if (options.Temperature == 0)
            return VectorMath.IndexOfMax(logits);

        int[] tokens = Order(logits);
        float[] ordered = new float[tokens.Length];
        for (int i = 0; i < tokens.Length; i++)
            ordered[i] = logits[tokens[i]];
        return Draw(tokens, ordered.AsSpan(0, Keep(ordered)));
    }

    private void Penalize(Span<float> logits, ReadOnlySpan<int> history)
    {
        if (options.RepeatPenalty == 1f || options.RepeatWindow == 0)
            return;
        ReadOnlySpan<int> last = history[Math.Max(0, history.Length - options.RepeatWindow)..];
        foreach (int token in last.ToArray().Distinct())
            logits[token] = logits[token] > 0 ? logits[token] / options.RepeatPenalty : logits[token] * options.RepeatPenalty;
    }

    /// <summary>The most probable tokens in order; of equals the lower id first.</summary>
    private int[] Order(ReadOnlySpan<float> logits)
    {
        int wanted = options.TopK == 0 ? logits.Length : Math.Min(options.TopK, logits.Length);
        if (wanted * 8 > logits.Length)
        {
            float[] keys = new float[logits.Length];
            int[] all = new int[logits.Length];
            for (int i = 0; i < keys.Length; i++)
                (keys[i], all[i]) = (logits[i], i);
            Array.Sort(all, (a, b) => keys[a] == keys[b] ? a.CompareTo(b) : keys[b].CompareTo(keys[a]));
            return all[..wanted];
        }

        // Few of many: a heap whose least probable member makes room for a better one.
        var best = new PriorityQueue<int, (float Logit, int Order)>(wanted + 1);
        for (int i = 0; i < logits.Length; i++)
        {
            if (best.Count < wanted)
                best.Enqueue(i, (logits[i], -i));
            else if (logits[i] > logits[best.Peek()])
                best.EnqueueDequeue(i, (logits[i], -i));
        }

        int[] tokens = new int[best.Count];
        for (int i = tokens.Length - 1; i >= 0; i--)
            tokens[i] = best.Dequeue();
        return tokens;
    }

    /// <summary>How many of the ordered tokens top-p and min-p keep; at least one.</summary>
    private int Keep(ReadOnlySpan<float> ordered)
    {
        double sum = 0;
        foreach (float logit in ordered)
            sum += Math.Exp(logit - ordered[0]);

        double reached = 0;
        for (int kept = 0; kept < ordered.Length; kept++)
        {
            double relative = Math.Exp(ordered[kept] - ordered[0]);
            bool enough = kept > 0 && ((options.TopP < 1 && reached >= options.TopP * sum) || relative < options.MinP);
            if (enough)
                return kept;
            reached += relative;
        }

        return ordered.Length;
    }

    private int Draw(ReadOnlySpan<int> tokens, ReadOnlySpan<float> ordered)
    {
        double sum = 0;
        foreach (float logit in ordered)
            sum += Math.Exp((logit - ordered[0]) / options.Temperature);
        double point = NextUniform() * sum;
        for (int i = 0; i < ordered.Length; i++)
        {
            point -= Math.Exp((ordered[i] - ordered[0]) / options.Temperature);
            if (point < 0)
                return tokens[i];
        }

        return tokens[ordered.Length - 1];
    }

    /// <summary>SplitMix64, its upper 53 bits as a number in [0, 1).</summary>
    private double NextUniform()
    {
        state += 0x9E3779B97F4A7C15;
        ulong z = state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        z ^= z >> 31;
        return (z >> 11) * (1.0 / (1UL << 53));
    }
}
