using System.Globalization;
using HafsModels.Architectures;
using HafsModels.Conversion;
using HafsModels.Formats.Gguf;
using HafsModels.Quantization;
using HafsModels.Tensors;

namespace HafsModels.Measurement;

/// <summary>Types chosen tensor by tensor so that a model meets a size and answers as much as possible like its source.</summary>
/// <param name="Types">The type of every tensor that could change, by name.</param>
/// <param name="FileBytes">Exact size of the file, header included.</param>
/// <param name="BitsPerWeight">Storage cost over all tensors, bits per weight.</param>
/// <param name="ExpectedDivergence">Sum of what the measurements say each tensor costs, nats per token; only to compare where effects were not measured.</param>
/// <param name="Method">How the tensors were weighed against each other.</param>
public sealed record TypeChoice(IReadOnlyDictionary<string, GgmlType> Types, long FileBytes, double BitsPerWeight, double ExpectedDivergence, string Method)
{
    /// <summary>Name of the mixture, such as <c>4.60BPW</c>: rounded up, so that it never promises less than it takes.</summary>
    public string Name => (Math.Ceiling(BitsPerWeight * 100 - 1e-6) / 100).ToString("0.00", CultureInfo.InvariantCulture) + "BPW";

    /// <summary>The recipe that a reader may take the file for: that of the type which holds most weights of those that need no importance matrix.</summary>
    public required Recipe NearestRecipe { get; init; }

    /// <summary>How many tensors got each type, most bytes first, such as <c>12 × Q5_K, 9 × IQ4_XS</c>.</summary>
    public string Mixture => string.Join(", ", Types.Values.GroupBy(t => t).OrderByDescending(g => BlockFormats.Get(g.Key).BitsPerWeight).Select(g => $"{g.Count()} × {g.Key}"));

    /// <summary>Chooses.</summary>
    /// <param name="plan">The file as a recipe would make it: every tensor, and the types of those that are not free.</param>
    /// <param name="source">Path of the model, to run it.</param>
    /// <param name="target">The bound.</param>
    /// <param name="options">Importance, text, threads.</param>
    /// <param name="progress">Told about the measurements.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="HafsException">No mixture is that small.</exception>
    public static TypeChoice Choose(ExportPlan plan, ModelSource source, SizeTarget target, TypeChoiceOptions options, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(options);
        int[] free = [.. Enumerable.Range(0, plan.Tensors.Count).Where(i => IsFree(plan.Tensors[i], options))];
        IReadOnlyList<IReadOnlyList<TypeCandidate>> candidates = CandidateErrors.Measure(plan, free, options.Threads, progress, cancellationToken);
        long kept = plan.FileBytes - free.Sum(i => Padded(plan.Tensors[i].ByteSize, plan));
        long budget = BytesFor(target, plan) - kept;
        RequireReachable(target, plan, kept, candidates, budget);

        double bits = 8.0 * budget / Math.Max(1, free.Sum(i => plan.Tensors[i].Rows.Shape.ElementCount));
        SensitivityTrial[] trials = [.. free.Select((index, t) => Trial(plan.Tensors[index], candidates[t], bits))];
        Sensitivity sensitivity = Sensitivities.Measure(source, trials, plan.ElementCount, plan.SourceBytes, options, progress, cancellationToken);
        if (!sensitivity.IsMeasured && options.Asked.Importance is null)
        {
            // So coarse a type is only right where its effect was seen, or where a tensor is stored in it already.
            candidates = [.. candidates.Select(list => (IReadOnlyList<TypeCandidate>)[.. list.Where(c => !(c.Cost > 0) || !Recipe.Coarse.Contains(c.Type))])];
            RequireReachable(target, plan, kept, candidates, budget);
        }

        IReadOnlyList<TypeCandidate>[] priced = [.. candidates.Select((list, t) => (IReadOnlyList<TypeCandidate>)[.. list.Select(c => c with { Cost = c.Cost * sensitivity.Factors[t] })])];
        int[] chosen = BudgetChoice.Pick(priced, budget);

        var types = free.Select((index, t) => (plan.Tensors[index].Name, priced[t][chosen[t]].Type)).ToDictionary(p => p.Name, p => p.Type, StringComparer.Ordinal);
        double weightBytes = plan.Tensors.Sum(t => types.TryGetValue(t.Name, out GgmlType type) ? type.RowBytes(t.Rows.RowLength) * t.Rows.RowCount : t.ByteSize);
        GgmlType[] byWeight = [.. free.Select((index, t) => (priced[t][chosen[t]].Type, plan.Tensors[index].Rows.Shape.ElementCount))
            .GroupBy(p => p.Type).OrderByDescending(g => g.Sum(p => p.ElementCount)).Select(g => g.Key)];
        return new TypeChoice(types, kept + chosen.Select((k, t) => priced[t][k].Bytes).Sum(), 8 * weightBytes / plan.ElementCount, chosen.Select((k, t) => priced[t][k].Cost).Sum(), sensitivity.Method)
        {
            NearestRecipe = byWeight.Select(type => Recipes.Get(type.ToString())).FirstOrDefault(r => !r.NeedsImportance || options.Asked.Importance is not null) ?? Recipes.Get("Q2_K"),
        };
    }

    private static bool IsFree(PlannedTensor tensor, TypeChoiceOptions options) => RecipeTensors.CanChange(tensor.Name, tensor.Rows.Shape) && !options.Asked.Decides(tensor.Name);

    private static long Padded(long bytes, ExportPlan plan) => GgufHeader.Align(bytes, plan.Alignment);

    // Bits per weight count the tensors; a whole file has its header as well.
    private static long BytesFor(SizeTarget target, ExportPlan plan)
    {
        long weights = target.BitsPerWeight is { } bits ? plan.Header.Length + (long)(bits * plan.ElementCount / 8) : long.MaxValue;
        return Math.Min(target.FileBytes ?? long.MaxValue, weights);
    }

    // The type nearest to what the tensor will get; effects are in proportion, so any would do.
    private static SensitivityTrial Trial(PlannedTensor tensor, IReadOnlyList<TypeCandidate> candidates, double bits)
    {
        TypeCandidate trial = candidates.Where(c => c.Cost > 0).DefaultIfEmpty(candidates[0])
            .OrderBy(c => Inference.Kernels.RowKernels.All.Any(k => k.Type == c.Type) ? 0 : 1).ThenBy(c => Math.Abs(8.0 * c.Bytes / tensor.Rows.Shape.ElementCount - bits)).First();
        return new SensitivityTrial(tensor.Name, trial.Type, Math.Max(trial.Cost, double.Epsilon));
    }

    private static void RequireReachable(SizeTarget target, ExportPlan plan, long kept, IReadOnlyList<IReadOnlyList<TypeCandidate>> candidates, long budget)
    {
        long smallest = candidates.Sum(c => c.Min(k => k.Bytes)), largest = candidates.Sum(c => c.Max(k => k.Bytes));
        if (budget >= smallest)
            return;
        string Size(long bytes) => string.Create(CultureInfo.InvariantCulture,
            $"{kept + bytes:N0} bytes ({8.0 * (kept + bytes - plan.Header.Length) / plan.ElementCount:0.00} bits per weight)");
        string wanted = target.FileBytes is { } bytes ? string.Create(CultureInfo.InvariantCulture, $"{bytes:N0} bytes") : string.Create(CultureInfo.InvariantCulture, $"{target.BitsPerWeight} bits per weight");
        throw new HafsException(
            ErrorKind.InvalidArgument,
            "TargetTooSmall",
            $"no mixture makes this model as small as {wanted}; the smallest is {Size(smallest)}, the largest of use is {Size(largest)}",
            wanted,
            candidates.Count > 0 && plan.Tensors.All(t => t.Importance.IsEmpty) ? "With an importance matrix smaller types are possible." : "Choose a larger size, or fix fewer tensors.");
    }
}
