using HafsModels.Conversion;
using HafsModels.Formats.Gguf;
using HafsModels.Quantization;
using HafsModels.Tensors;

namespace HafsModels.Measurement;

/// <summary>What each type that a tensor could get would lose of it, measured on evenly spaced rows.</summary>
internal static class CandidateErrors
{
    // Enough for a relative error to within a percent of itself, and a model of any size takes seconds.
    private const long SampleElements = 1 << 16;

    // Ternary types are for models trained for them, MXFP4 for experts trained in it.
    private static readonly GgmlType[] NotForOthers = [GgmlType.TQ1_0, GgmlType.TQ2_0, GgmlType.MXFP4];

    /// <summary>Measures.</summary>
    /// <param name="plan">The tensors, with their importance.</param>
    /// <param name="tensors">Indexes of those that may change.</param>
    /// <param name="threads">Workers; 0 for one a processor.</param>
    /// <param name="progress">Told about source bytes done.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <returns>For each of <paramref name="tensors"/> its candidates, smallest first, cost being the relative squared error; each larger one loses less.</returns>
    public static IReadOnlyList<IReadOnlyList<TypeCandidate>> Measure(
        ExportPlan plan, IReadOnlyList<int> tensors, int threads, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        List<PlannedTensor> trials = [];
        List<int> owners = [];
        for (int t = 0; t < tensors.Count; t++)
        {
            PlannedTensor tensor = plan.Tensors[tensors[t]];
            long parts = Math.Max(1, tensor.Importance.Length / tensor.Rows.RowLength);
            TensorRows sample = SampledRows.Of(tensor.Rows, SampleElements, parts);
            foreach (BlockFormat format in BlockFormats.All.Where(f => IsCandidate(f, tensor)))
            {
                trials.Add(new PlannedTensor(tensor.Name, format.Type, 0, 0, sample) { Importance = tensor.Importance });
                owners.Add(t);
            }
        }

        var trial = new ExportPlan(plan.Activity, default, trials, 0);
        IReadOnlyList<TensorError> errors = PlanRunner.Measure(trial, threads, allowNonFinite: true, progress, cancellationToken);
        return [.. Enumerable.Range(0, tensors.Count).Select(t => Efficient(Enumerable.Range(0, trials.Count).Where(i => owners[i] == t).Select(i => Candidate(errors[i], plan.Tensors[tensors[t]], plan.Alignment))))];
    }

    // Rows that are stored in a type already are copied, which loses nothing more.
    private static TypeCandidate Candidate(TensorError measured, PlannedTensor tensor, int alignment)
    {
        double error = tensor.Rows is StoredRows stored && stored.Type == measured.Type ? 0 : measured.WeightedRelativeError ?? measured.RelativeError;
        Shape shape = tensor.Rows.Shape;
        return new TypeCandidate(measured.Type, GgufHeader.Align(measured.Type.RowBytes(shape.RowLength) * shape.RowCount, alignment), error * error);
    }

    private static bool IsCandidate(BlockFormat format, PlannedTensor tensor) =>
        tensor.Rows.RowLength % format.BlockElements == 0 && !NotForOthers.Contains(format.Type) && (!format.NeedsImportance || !tensor.Importance.IsEmpty);

    // A type that takes more bytes than another and loses no less is never worth it.
    private static List<TypeCandidate> Efficient(IEnumerable<TypeCandidate> candidates)
    {
        List<TypeCandidate> kept = [];
        foreach (TypeCandidate candidate in candidates.OrderBy(c => c.Bytes).ThenBy(c => c.Cost))
        {
            if (kept.Count == 0 || candidate.Cost < kept[^1].Cost)
                kept.Add(candidate);
        }

        return kept;
    }
}
