using HafsModels.Tensors;

namespace HafsModels.Architectures;

/// <summary>Row transforms that family data may name, on the way from a checkpoint to a role.</summary>
internal static class RowTransforms
{
    /// <summary>Every transform by name.</summary>
    public static readonly IReadOnlyDictionary<string, RowTransform> All = new Dictionary<string, RowTransform>
    {
        ["interleave-query-heads"] = new(Same, (rows, shape, config) => Interleaved(rows, shape, config.HeadCount)),
        ["interleave-key-heads"] = new(Same, (rows, shape, config) => Interleaved(rows, shape, config.KeyValueHeadCount)),

        // Norms whose checkpoints store the weight less one.
        ["plus-one"] = new(Same, (rows, _, _) => new ShiftedRows(rows, 1)) { ChangesNumbers = true },

        // The last two dimensions.
        ["transpose"] = new((shape, _) => Transposed(shape), (rows, shape, _) => new TransposedRows(rows, shape)),

        // Rows of two matrices that take turns.
        ["even-rows"] = new((shape, _) => Doubled(shape, 2), (rows, shape, _) => new SelectedRows(rows, shape, row => 2 * row)),
        ["odd-rows"] = new((shape, _) => Doubled(shape, 2), (rows, shape, _) => new SelectedRows(rows, shape, row => 2 * row + 1)),
        ["even-columns"] = new((shape, _) => Doubled(shape, 1), (rows, shape, _) => new AlternateColumns(rows, shape, 0)),
        ["odd-columns"] = new((shape, _) => Doubled(shape, 1), (rows, shape, _) => new AlternateColumns(rows, shape, 1)),

        // Fused q, k and v: for each key/value head its queries, its key and its value.
        ["ungroup-qkv"] = new(Same, (rows, shape, config) => Selected(rows, shape, row => UngroupedRow(row, config))),

        // Keys and values of latent attention: for each head the part that is not rotated, then the value.
        ["latent-keys"] = new(LatentShape, (rows, shape, config) =>
            new TransposedRows(new SelectedRows(rows, Transposed(shape), row => LatentRow(row, config.LatentKeyDimension - config.RopeDimension, 0, config)), shape)),
        ["latent-values"] = new(LatentShape, (rows, shape, config) =>
            new SelectedRows(rows, shape, row => LatentRow(row, config.LatentValueDimension, config.LatentKeyDimension - config.RopeDimension, config))),
    };

    private static Shape Same(Shape shape, DecoderConfig config) => shape;

    private static Shape Transposed(Shape shape) => new([.. shape.Take(shape.Count - 2), shape[shape.Count - 1], shape[shape.Count - 2]]);

    private static Shape Doubled(Shape shape, int fromEnd) => new([.. shape.Select((size, i) => i == shape.Count - fromEnd ? 2 * size : size)]);

    private static Shape LatentShape(Shape shape, DecoderConfig config) =>
        new(config.HeadCount * (long)(config.LatentKeyDimension - config.RopeDimension + config.LatentValueDimension), config.KeyValueRank);

    private static long LatentRow(long row, long length, long skipped, DecoderConfig config)
    {
        long perHead = config.LatentKeyDimension - config.RopeDimension + config.LatentValueDimension;
        return row / length * perHead + skipped + row % length;
    }

    private static long UngroupedRow(long row, DecoderConfig config)
    {
        long dimension = config.HeadDimension, queries = config.HeadCount / config.KeyValueHeadCount, head = row / dimension, within = row % dimension;
        (long group, long member) = head < config.HeadCount ? (head / queries, head % queries)
            : head < config.HeadCount + config.KeyValueHeadCount ? (head - config.HeadCount, queries)
            : (head - config.HeadCount - config.KeyValueHeadCount, queries + 1);
        return (group * (queries + 2) + member) * dimension + within;
    }

    // A bias is a vector: one row, whose elements move like the rows of its matrix.
    private static TensorRows Interleaved(TensorRows rows, Shape shape, int heads) => shape.Count == 1
        ? new ReshapedRows(new InterleavedHeadRows(new ReshapedRows(rows, new Shape(shape[0], 1)), heads), shape)
        : new InterleavedHeadRows(rows, heads);

    private static TensorRows Selected(TensorRows rows, Shape shape, Func<long, long> source) => shape.Count == 1
        ? new ReshapedRows(new SelectedRows(new ReshapedRows(rows, new Shape(shape[0], 1)), new Shape(shape[0], 1), source), shape)
        : new SelectedRows(rows, shape, source);
}
