using System.Buffers;
using HafsModels.Architectures;
using HafsModels.Inference.Kernels;

namespace HafsModels.Inference;

/// <summary>The computation of a decoder-only transformer over a batch of consecutive tokens. Not thread-safe: it owns its buffers.</summary>
internal sealed class ForwardPass(DecoderModel model, WorkerTeam team)
{
    /// <summary>Most tokens of a batch; longer inputs are cut. Bounds the buffers.</summary>
    public const int MaxBatch = 128;

    private readonly DecoderConfig config = model.Config;
    private readonly MatrixProducts products = new(team);
    private readonly RotaryEmbedding rope = new(model.Config, model.RopeFactors);
    private Memory<float> hidden = Memory<float>.Empty;
    private Memory<float> normed = Memory<float>.Empty;
    private Memory<float> projected = Memory<float>.Empty;
    private Memory<float> queries = Memory<float>.Empty;
    private Memory<float> keys = Memory<float>.Empty;
    private Memory<float> values = Memory<float>.Empty;
    private Memory<float> attended = Memory<float>.Empty;
    private Memory<float> gate = Memory<float>.Empty;
    private Memory<float> up = Memory<float>.Empty;

    /// <summary>Runs a batch.</summary>
    /// <param name="tokens">At most <see cref="MaxBatch"/> token ids, all in the vocabulary.</param>
    /// <param name="position">Position of the first of them.</param>
    /// <param name="cache">Holds every position before; takes these.</param>
    /// <param name="logits">Takes the logits of the last tokens, as many as fit; may be empty.</param>
    /// <param name="cancellationToken">Looked at once a block.</param>
    public void Run(ReadOnlySpan<int> tokens, int position, KeyValueCache cache, Memory<float> logits, CancellationToken cancellationToken)
    {
        int count = tokens.Length, width = config.HiddenSize;
        Reserve(count);
        cache.Reserve(position + count);
        rope.Prepare(position, count);
        for (int n = 0; n < count; n++)
            model.Embedding.ReadRow(tokens[n], hidden.Span.Slice(n * width, width));

        for (int layer = 0; layer < config.LayerCount; layer++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Attend(model.Blocks[layer], layer, position, count, cache);
            FeedForward(model.Blocks[layer], count);
        }

        int wanted = logits.Length / config.VocabularySize;
        if (wanted == 0)
            return;
        Norm(model.OutputNorm, count - wanted, wanted);
        products.Run(normed, wanted, (model.Head, logits));
    }

    private void Attend(DecoderBlock block, int layer, int position, int count, KeyValueCache cache)
    {
        Norm(block.AttentionNorm, 0, count);
        products.Run(normed, count, (block.Query, queries), (block.Key, keys), (block.Value, values));
        int head = config.HeadDimension, queryWidth = config.HeadCount * head, keyWidth = config.KeyValueHeadCount * head;
        for (int n = 0; n < count; n++)
        {
            Span<float> query = queries.Span.Slice(n * queryWidth, queryWidth), key = keys.Span.Slice(n * keyWidth, keyWidth), value = values.Span.Slice(n * keyWidth, keyWidth);
            VectorMath.Add(query[..block.QueryBias.Length], block.QueryBias);
            VectorMath.Add(key[..block.KeyBias.Length], block.KeyBias);
            VectorMath.Add(value[..block.ValueBias.Length], block.ValueBias);
            TurnHeads(query, block.QueryNorm, n);
            TurnHeads(key, block.KeyNorm, n);
            cache.Store(layer, position + n, key, value);
        }

        // Later tokens attend to more positions: pieces of single heads even that out.
        team.Run(count * config.HeadCount, 1, (first, end) =>
        {
            float[] scores = ArrayPool<float>.Shared.Rent(position + count);
            for (int item = first; item < end; item++)
                AttendHead(cache, layer, item % config.HeadCount, item / config.HeadCount, position, scores);
            ArrayPool<float>.Shared.Return(scores);
        });
        products.Run(attended, count, (block.Output, projected));
        AddToHidden(block.OutputBias, count);
    }

    private void TurnHeads(Span<float> heads, float[] norm, int index)
    {
        for (int start = 0; start < heads.Length; start += config.HeadDimension)
        {
            Span<float> head = heads.Slice(start, config.HeadDimension);
            if (norm.Length > 0)
                VectorMath.RmsNorm(head, norm, config.NormEpsilon, head);
            rope.Rotate(head, index);
        }
    }

    private void AttendHead(KeyValueCache cache, int layer, int head, int index, int position, Span<float> scores)
    {
        int width = config.HeadDimension, start = ((index * config.HeadCount) + head) * width;
        int shared = head / (config.HeadCount / config.KeyValueHeadCount);
        int seen = position + index + 1;
        ReadOnlySpan<float> query = queries.Span.Slice(start, width);
        float scale = 1f / MathF.Sqrt(width);
        for (int p = 0; p < seen; p += KeyValueCache.PagePositions)
        {
            ReadOnlySpan<float> page = cache.Keys(layer, shared, p / KeyValueCache.PagePositions);
            for (int i = 0; i < Math.Min(KeyValueCache.PagePositions, seen - p); i++)
                scores[p + i] = VectorMath.Dot(query, page.Slice(i * width, width)) * scale;
        }

        float sum = VectorMath.ExpShifted(scores[..seen]);
        Span<float> result = attended.Span.Slice(start, width);
        result.Clear();
        for (int p = 0; p < seen; p += KeyValueCache.PagePositions)
        {
            ReadOnlySpan<float> page = cache.Values(layer, shared, p / KeyValueCache.PagePositions);
            for (int i = 0; i < Math.Min(KeyValueCache.PagePositions, seen - p); i++)
                VectorMath.AddScaled(result, page.Slice(i * width, width), scores[p + i] / sum);
        }
    }

    private void FeedForward(DecoderBlock block, int count)
    {
        Norm(block.FeedForwardNorm, 0, count);
        products.Run(normed, count, (block.Gate, gate), (block.Up, up));
        const int Piece = 2048;
        team.Run(count * config.FeedForwardSize, Piece, (first, end) => VectorMath.SwiGlu(gate.Span.Slice(first, end - first), up.Span.Slice(first, end - first)));
        products.Run(gate, count, (block.Down, projected));
        AddToHidden([], count);
    }

    private void AddToHidden(float[] bias, int count)
    {
        int width = config.HiddenSize;
        VectorMath.Add(hidden.Span.Slice(0, count * width), projected.Span.Slice(0, count * width));
        for (int n = 0; n < count && bias.Length > 0; n++)
            VectorMath.Add(hidden.Span.Slice(n * width, width), bias);
    }

    private void Norm(float[] weight, int first, int count)
    {
        int width = config.HiddenSize;
        for (int n = 0; n < count; n++)
            VectorMath.RmsNorm(hidden.Span.Slice((first + n) * width, width), weight, config.NormEpsilon, normed.Span.Slice(n * width, width));
    }

    private void Reserve(int count)
    {
        if (hidden.Length >= count * config.HiddenSize)
            return;
        int queryWidth = config.HeadCount * config.HeadDimension, keyWidth = config.KeyValueHeadCount * config.HeadDimension;
        hidden = AlignedFloats.Allocate(count * config.HiddenSize);
        normed = AlignedFloats.Allocate(count * config.HiddenSize);
        projected = AlignedFloats.Allocate(count * config.HiddenSize);
        queries = AlignedFloats.Allocate(count * queryWidth);
        keys = AlignedFloats.Allocate(count * keyWidth);
        values = AlignedFloats.Allocate(count * keyWidth);
        attended = AlignedFloats.Allocate(count * queryWidth);
        gate = AlignedFloats.Allocate(count * config.FeedForwardSize);
        up = AlignedFloats.Allocate(count * config.FeedForwardSize);
    }
}
