using System.Buffers;
using HafsModels.Architectures;
using HafsModels.Inference.Kernels;

namespace HafsModels.Inference;

/// <summary>Attention over a batch of consecutive tokens. Not thread-safe: it owns its buffers.</summary>
internal sealed class AttentionPass(DecoderModel model, WorkerTeam team, MatrixProducts products)
{
    private readonly DecoderConfig config = model.Config;
    private readonly RotaryEmbedding rope = new(model.Config, model.Config.RopeBase, model.Config.RopeScaling, model.RopeFactors);
    private readonly RotaryEmbedding localRope = model.Config.LocalRopeBase is 0 || model.Config.LocalRopeBase == model.Config.RopeBase
        ? new(model.Config, model.Config.RopeBase, model.Config.RopeScaling, model.RopeFactors)
        : new(model.Config, model.Config.LocalRopeBase, RopeScalingKind.None, []);
    private readonly LatentProjection? latent = model.Config.KeyValueRank > 0 ? new(model.Config, products) : null;
    private readonly float scale = model.Config.AttentionScale > 0 ? model.Config.AttentionScale : 1f / MathF.Sqrt(model.Config.HeadDimension);
    private Memory<float> queries = Memory<float>.Empty;
    private Memory<float> keys = Memory<float>.Empty;
    private Memory<float> values = Memory<float>.Empty;
    private Memory<float> attended = Memory<float>.Empty;

    /// <summary>Makes room for a batch and computes its angles.</summary>
    public void Prepare(int position, int count)
    {
        rope.Prepare(position, count);
        localRope.Prepare(position, count);
        latent?.Reserve(count);
        if (queries.Length >= count * config.HeadCount * config.HeadDimension)
            return;
        queries = AlignedFloats.Allocate(count * config.HeadCount * config.HeadDimension);
        keys = AlignedFloats.Allocate(count * config.KeyValueHeadCount * config.HeadDimension);
        values = AlignedFloats.Allocate(count * config.KeyValueHeadCount * config.ValueWidth);
        attended = AlignedFloats.Allocate(count * config.HeadCount * config.ValueWidth);
    }

    /// <summary>Runs a batch.</summary>
    /// <param name="block">The weights.</param>
    /// <param name="layer">Index of the block.</param>
    /// <param name="inputs">A vector for each token.</param>
    /// <param name="position">Position of the first token.</param>
    /// <param name="count">Tokens.</param>
    /// <param name="cache">Holds every position before; takes these.</param>
    /// <param name="output">Takes a vector for each token.</param>
    public void Run(DecoderBlock block, int layer, Memory<float> inputs, int position, int count, KeyValueCache cache, Memory<float> output)
    {
        RotaryEmbedding? turn = !config.IsRotated(layer) ? null : config.IsLocal(layer) ? localRope : rope;
        if (latent is not null)
            latent.Project(block.Latent!, inputs, count, turn, queries, keys, values);
        else
            Project(block, inputs, count, turn);
        int keyWidth = config.KeyValueHeadCount * config.HeadDimension, valueWidth = config.KeyValueHeadCount * config.ValueWidth;
        for (int n = 0; n < count; n++)
            cache.Store(layer, position + n, keys.Span.Slice(n * keyWidth, keyWidth), values.Span.Slice(n * valueWidth, valueWidth));

        // Later tokens attend to more positions: pieces of single heads even that out.
        team.Run(count * config.HeadCount, 1, (first, end) =>
        {
            float[] scores = ArrayPool<float>.Shared.Rent(position + count + 1);
            for (int item = first; item < end; item++)
                AttendHead(block, cache, layer, item % config.HeadCount, item / config.HeadCount, position, scores);
            ArrayPool<float>.Shared.Return(scores);
        });
        products.Run(latent is null ? attended : latent.Expand(block.Latent!, attended, count), count, (block.Output, output));
        VectorMath.AddToEach(output.Span[..(count * config.HiddenSize)], block.OutputBias);
    }

    private void Project(DecoderBlock block, Memory<float> inputs, int count, RotaryEmbedding? turn)
    {
        products.Run(inputs, count, (block.Query!, queries), (block.Key!, keys), (block.Value!, values));
        VectorMath.AddToEach(queries.Span[..(count * block.Query!.Rows)], block.QueryBias);
        VectorMath.AddToEach(keys.Span[..(count * block.Key!.Rows)], block.KeyBias);
        VectorMath.AddToEach(values.Span[..(count * block.Value!.Rows)], block.ValueBias);
        Turn(queries.Span[..(count * block.Query.Rows)], block.QueryNorm, config.HeadCount, turn);
        Turn(keys.Span[..(count * block.Key.Rows)], block.KeyNorm, config.KeyValueHeadCount, turn);
    }

    private void Turn(Span<float> vectors, HeadNorm norm, int heads, RotaryEmbedding? turn)
    {
        if (norm.Norm.Exists)
            norm.Norm.Apply(config.Norm, config.NormEpsilon, norm.Width, vectors, vectors);
        for (int head = 0; turn is not null && head < vectors.Length / config.HeadDimension; head++)
            turn.Rotate(vectors.Slice(head * config.HeadDimension, config.HeadDimension), head / heads);
    }

    private void AttendHead(DecoderBlock block, KeyValueCache cache, int layer, int head, int index, int position, Span<float> scores)
    {
        const int Page = KeyValueCache.PagePositions;
        int width = config.HeadDimension, valueWidth = config.ValueWidth, shared = head / (config.HeadCount / config.KeyValueHeadCount);
        int seen = position + index + 1, first = config.IsLocal(layer) ? Math.Max(0, seen - config.SlidingWindow) : 0;
        ReadOnlySpan<float> query = queries.Span.Slice(((index * config.HeadCount) + head) * width, width);
        for (int p = first; p < seen; p = (p / Page + 1) * Page)
        {
            int here = Math.Min(Page - (p % Page), seen - p);
            AttentionKernel.Score(query, cache.Keys(layer, shared, p / Page)[(p % Page * width)..], scale, scores.Slice(p - first, here));
        }

        int count = seen - first;
        if (config.AttentionSoftcap > 0)
            VectorMath.Softcap(scores[..count], config.AttentionSoftcap);
        if (block.Sinks.Length > 0)
            scores[count] = block.Sinks[head];
        float sum = VectorMath.ExpShifted(scores[..(count + (block.Sinks.Length > 0 ? 1 : 0))]);
        Span<float> result = attended.Span.Slice(((index * config.HeadCount) + head) * valueWidth, valueWidth);
        result.Clear();
        for (int p = first; p < seen; p = (p / Page + 1) * Page)
        {
            int here = Math.Min(Page - (p % Page), seen - p);
            AttentionKernel.AddWeighted(scores.Slice(p - first, here), cache.Values(layer, shared, p / Page)[(p % Page * valueWidth)..], result);
        }

        VectorMath.Scale(result, 1 / sum);
    }
}
