using HafsModels.Quantization;

namespace HafsModels.Conversion;

/// <summary>
/// Gathers what each tensor loses while <see cref="PlanRunner"/> fills a plan. Workers put down the sums of their tiles; they are merged in
/// the order of the tiles, so the result does not depend on the number of threads.
/// </summary>
public sealed class TensorErrors
{
    private readonly List<TensorError> earlier = [];
    private ErrorSums[][] tiles = [];
    private ExportPlan? plan;

    /// <summary>What each tensor lost, in the order of the plans that were filled together; empty before.</summary>
    public IReadOnlyList<TensorError> All() => plan is null ? [] :
        [.. earlier, .. plan.Tensors.Select((tensor, i) => TensorError.From(tensor.Name, tensor.Type, tensor.Rows.Shape, tiles[i].Aggregate(default(ErrorSums), (sum, tile) => sum.Merge(tile))))];

    /// <summary>Begins anew, or goes on with the next of several plans that are one output.</summary>
    internal void Begin(ExportPlan filled, Func<int, long> tilesOf, bool isFirst)
    {
        IReadOnlyList<TensorError> done = isFirst ? [] : All();
        earlier.Clear();
        earlier.AddRange(done);
        plan = filled;
        tiles = [.. filled.Tensors.Select((_, i) => new ErrorSums[tilesOf(i)])];
    }

    /// <summary>Puts down a tile; different tiles from any threads at once.</summary>
    internal void Add(int tensor, long tile, in ErrorSums sums) => tiles[tensor][tile] = sums;
}
