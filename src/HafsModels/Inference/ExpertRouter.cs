using HafsModels.Architectures;
using HafsModels.Inference.Kernels;

namespace HafsModels.Inference;

/// <summary>Chooses a token's experts and weighs them.</summary>
internal sealed class ExpertRouter(DecoderConfig config)
{
    private readonly float[] probabilities = new float[config.ExpertCount];
    private readonly float[] preference = new float[config.ExpertCount];

    /// <summary>Weighs.</summary>
    /// <param name="logits">The router's logits for one token.</param>
    /// <param name="selectionBias">Added for the choice only, or empty.</param>
    /// <param name="smallestSum">Least sum that weights are divided by.</param>
    /// <param name="weights">Takes the chosen experts' weights; the others' stay as they are.</param>
    public void Weigh(ReadOnlySpan<float> logits, float[] selectionBias, float smallestSum, Span<float> weights)
    {
        Probabilities(logits);
        probabilities.CopyTo(preference.AsSpan());
        VectorMath.Add(preference.AsSpan(0, selectionBias.Length), selectionBias);
        if (config.ExpertGroupCount > 1)
            DropGroups();
        Span<int> chosen = stackalloc int[config.ExpertUsedCount];
        for (int k = 0; k < chosen.Length; k++)
        {
            chosen[k] = VectorMath.IndexOfMax(preference);
            preference[chosen[k]] = float.NegativeInfinity;
        }

        if (config.ExpertGating == ExpertGating.SoftmaxOfChosen)
        {
            Span<float> softmax = stackalloc float[chosen.Length];
            for (int k = 0; k < chosen.Length; k++)
                softmax[k] = logits[chosen[k]];
            float total = VectorMath.ExpShifted(softmax);
            for (int k = 0; k < chosen.Length; k++)
                probabilities[chosen[k]] = softmax[k] / total;
        }

        float sum = 0;
        foreach (int expert in chosen)
            sum += probabilities[expert];
        float factor = config.ExpertWeightsScale / (config.ExpertWeightsNormalized ? MathF.Max(sum, smallestSum) : 1);
        foreach (int expert in chosen)
            weights[expert] = probabilities[expert] * factor;
    }

    private void Probabilities(ReadOnlySpan<float> logits)
    {
        logits.CopyTo(probabilities);
        if (config.ExpertGating == ExpertGating.Softmax)
        {
            float sum = VectorMath.ExpShifted(probabilities);
            foreach (ref float probability in probabilities.AsSpan())
                probability /= sum;
        }
        else if (config.ExpertGating == ExpertGating.Sigmoid)
        {
            foreach (ref float probability in probabilities.AsSpan())
                probability = 1 / (1 + MathF.Exp(-probability));
        }
    }

    // A group is as good as its two best experts together.
    private void DropGroups()
    {
        int size = config.ExpertCount / config.ExpertGroupCount;
        float[] scores = [.. Enumerable.Range(0, config.ExpertGroupCount).Select(g => preference.Skip(g * size).Take(size).OrderDescending().Take(2).Sum())];
        foreach (int group in Enumerable.Range(0, scores.Length).OrderByDescending(g => scores[g]).Skip(config.ExpertGroupUsedCount))
            preference.AsSpan(group * size, size).Fill(float.NegativeInfinity);
    }
}
