using System.Globalization;
using HafsModels.Architectures;
using HafsModels.Inference;
using HafsModels.Quantization;

namespace HafsModels.Measurement;

/// <summary>
/// How much the answers suffer from each tensor's relative squared error. The divergence of the answers grows in proportion to it, tensor by
/// tensor, and the divergences of several tensors add up (the linearity that HIGGS, arXiv 2411.17525, builds on; measured here on the trained
/// test models, the factor of a tensor is the same from one bit to eight). So one measurement a tensor tells its factor: the divergence when it
/// alone is encoded. Of a model too large for that many runs, a role's tensors in neighbouring blocks are encoded together and share a factor.
/// </summary>
internal static class Sensitivities
{
    private const int FewestTokens = 128;

    // Below this, a divergence is the arithmetic's own noise.
    private const double SmallestDivergence = 1e-9;

    // Where nothing can be run: what the factors of trained models are like, block by block in order of size.
    private static readonly Dictionary<string, double> UsualFactors = new()
    {
        ["output"] = 0.4,
        ["token_embd"] = 0.2,
        ["attn_v"] = 0.02,
        ["ffn_down"] = 0.02,
        ["attn_output"] = 0.01,
        ["ffn_gate"] = 0.01,
        ["ffn_up"] = 0.01,
    };

    private const double UsualForOthers = 0.005;

    /// <summary>Measures the factors.</summary>
    /// <param name="source">Path of the model.</param>
    /// <param name="trials">For each tensor how it is encoded to measure its effect, with the relative squared error that this makes.</param>
    /// <param name="parameters">Weights of the model.</param>
    /// <param name="sourceBytes">Bytes they take.</param>
    /// <param name="options">Text, threads, budget.</param>
    /// <param name="progress">Told what is run.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <returns>A factor for each of <paramref name="trials"/>.</returns>
    public static Sensitivity Measure(
        ModelSource source, IReadOnlyList<SensitivityTrial> trials, long parameters, long sourceBytes, TypeChoiceOptions options, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        int most = (int)Math.Min(trials.Count, options.EffectBudget / ((double)parameters * FewestTokens));
        int[][] groups = Groups(trials, most);
        if (groups.Length == 0 || groups.Length > most)
            return Usual(trials, "the model is too large to be run as often as a measurement takes");
        if (sourceBytes > GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 10 * 8)
            return Usual(trials, "the model does not fit into memory");
        try
        {
            return Measured(source, trials, groups, parameters, options, progress, cancellationToken);
        }
        catch (HafsException exception) when (exception.Kind is ErrorKind.Unsupported)
        {
            return Usual(trials, exception.Message);
        }
    }

    private static Sensitivity Measured(
        ModelSource source, IReadOnlyList<SensitivityTrial> trials, int[][] groups, long parameters, TypeChoiceOptions options, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        int tokens = (int)Math.Clamp(options.EffectBudget / ((double)parameters * groups.Length), FewestTokens, FidelityMeasurement.MaxTokens);
        progress?.Report(new WorkProgress("Measuring the effect of each tensor", "reading the model", 0, 0));
        using var effects = new EffectMeasurement(source, new FidelityOptions { Text = options.Text, MaxTokens = tokens, Threads = options.Threads }, cancellationToken);
        var factors = new double[trials.Count];
        for (int g = 0; g < groups.Length; g++)
        {
            progress?.Report(new WorkProgress("Measuring the effect of each tensor", $"{trials[groups[g][0]].Name}, {g + 1} of {groups.Length}", 0, 0));
            double divergence = effects.Divergence(groups[g].ToDictionary(i => trials[i].Name, i => trials[i].Type), options.Asked.Importance, cancellationToken);
            double factor = Math.Max(divergence, SmallestDivergence) / groups[g].Sum(i => trials[i].RelativeSquares);
            foreach (int i in groups[g])
                factors[i] = factor;
        }

        return new Sensitivity(factors, true, string.Create(CultureInfo.InvariantCulture,
            $"by the divergence of the answers over {effects.Tokens:N0} tokens when {(groups.Length == trials.Count ? "each of the" : $"each of {groups.Length} groups of the")} {trials.Count:N0} tensors is encoded alone"));
    }

    // All tensors by themselves, or bands of neighbouring blocks for each role; none when not even a role can have a run of its own.
    private static int[][] Groups(IReadOnlyList<SensitivityTrial> trials, int most)
    {
        if (most >= trials.Count)
            return [.. Enumerable.Range(0, trials.Count).Select(i => new[] { i })];
        IGrouping<string, int>[] roles = [.. Enumerable.Range(0, trials.Count).GroupBy(i => RecipeTensors.ShortName(trials[i].Name))];
        int bands = most / Math.Max(1, roles.Length);
        return bands == 0 ? [] : [.. roles.SelectMany(role =>
        {
            int[] members = [.. role.OrderBy(i => RecipeTensors.BlockOf(trials[i].Name))];
            return members.Chunk((members.Length + bands - 1) / bands);
        })];
    }

    private static Sensitivity Usual(IReadOnlyList<SensitivityTrial> trials, string why) =>
        new([.. trials.Select(t => UsualFactors.GetValueOrDefault(RecipeTensors.ShortName(t.Name), UsualForOthers))], false, "by factors usual for the roles: " + why);
}
