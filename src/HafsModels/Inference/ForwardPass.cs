using HafsModels.Architectures;
using HafsModels.Inference.Kernels;

namespace HafsModels.Inference;

/// <summary>The computation of a decoder-only transformer over a batch of consecutive tokens. Not thread-safe: it owns its buffers.</summary>
internal sealed class ForwardPass
{
    /// <summary>Most tokens of a batch; longer inputs are cut. Bounds the buffers.</summary>
    public const int MaxBatch = 128;

    private readonly DecoderModel model;
    private readonly DecoderConfig config;
    private readonly MatrixProducts products;
    private readonly AttentionPass attention;
    private readonly FeedForwardPass feedForward;
    private readonly ExpertPass? experts;
    private Memory<float> hidden = Memory<float>.Empty;
    private Memory<float> normed = Memory<float>.Empty;
    private Memory<float> attended = Memory<float>.Empty;
    private Memory<float> projected = Memory<float>.Empty;

    public ForwardPass(DecoderModel model, WorkerTeam team, ActivationCollector? collector = null)
    {
        this.model = model;
        config = model.Config;
        products = new MatrixProducts(team, collector);
        attention = new AttentionPass(model, team, products);
        feedForward = new FeedForwardPass(config, team, products);
        experts = config.ExpertCount > 0 ? new ExpertPass(config, feedForward, products) : null;
    }

    /// <summary>Runs a batch.</summary>
    /// <param name="tokens">At most <see cref="MaxBatch"/> token ids, all in the vocabulary.</param>
    /// <param name="position">Position of the first of them.</param>
    /// <param name="cache">Holds every position before; takes these.</param>
    /// <param name="logits">Takes the logits of the last tokens, as many as fit; may be empty.</param>
    /// <param name="cancellationToken">Looked at once a block.</param>
    public void Run(ReadOnlySpan<int> tokens, int position, KeyValueCache cache, Memory<float> logits, CancellationToken cancellationToken)
    {
        int count = tokens.Length;
        Reserve(count);
        cache.Reserve(position + count);
        attention.Prepare(position, count);
        Embed(tokens, position);
        for (int layer = 0; layer < config.LayerCount; layer++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            RunBlock(model.Blocks[layer], layer, position, count, cache);
        }

        int wanted = logits.Length / config.VocabularySize;
        if (wanted == 0)
            return;
        Norm(model.OutputNorm, hidden.Slice((count - wanted) * config.HiddenSize), wanted, normed);
        products.Run(normed, wanted, (model.Head, logits));
        Span<float> given = logits.Span[..(wanted * config.VocabularySize)];
        if (config.LogitDivisor != 1)
            VectorMath.Scale(given, 1 / config.LogitDivisor);
        if (config.LogitSoftcap > 0)
            VectorMath.Softcap(given, config.LogitSoftcap);
    }

    private void Embed(ReadOnlySpan<int> tokens, int position)
    {
        int width = config.HiddenSize;
        for (int n = 0; n < tokens.Length; n++)
        {
            Span<float> vector = hidden.Span.Slice(n * width, width);
            model.Embedding.ReadRow(tokens[n], vector);
            if (config.EmbeddingScale != 1)
                VectorMath.Scale(vector, config.EmbeddingScale);
            if (model.Positions is null)
                continue;
            Span<float> place = projected.Span[..width];
            model.Positions.ReadRow(position + n, place);
            VectorMath.Add(vector, place);
        }
    }

    private void RunBlock(DecoderBlock block, int layer, int position, int count, KeyValueCache cache)
    {
        Memory<float> first = Norm(block.AttentionNorm, hidden, count, normed);
        Memory<float> input = block.SecondAttentionNorm.Exists ? Norm(block.SecondAttentionNorm, hidden, count, projected) : first;
        attention.Run(block, layer, input, position, count, cache, attended);
        Norm(block.PostAttentionNorm, attended, count, attended);
        if (!config.ParallelResidual)
            AddToHidden(attended, count);

        // Beside attention, the feed-forward part reads the same vectors, through a norm of its own if it has one.
        Memory<float> next = config.ParallelResidual && !block.FeedForwardNorm.Exists ? first : Norm(block.FeedForwardNorm, hidden, count, normed);
        if (block.Experts is null)
            feedForward.Run(block.Dense!, next, count, projected);
        else
            experts!.Run(block.Experts, next, count, projected);
        Norm(block.PostFeedForwardNorm, projected, count, projected);
        if (config.ParallelResidual)
            AddToHidden(attended, count);
        AddToHidden(projected, count);
    }

    private void AddToHidden(Memory<float> vectors, int count)
    {
        Span<float> sum = hidden.Span[..(count * config.HiddenSize)];
        if (config.ResidualScale == 1)
            VectorMath.Add(sum, vectors.Span[..sum.Length]);
        else
            VectorMath.AddScaled(sum, vectors.Span[..sum.Length], config.ResidualScale);
    }

    /// <summary>Normalizes into <paramref name="destination"/>, or gives the vectors themselves when there is no norm.</summary>
    private Memory<float> Norm(DecoderNorm norm, Memory<float> vectors, int count, Memory<float> destination)
    {
        if (!norm.Exists)
            return vectors;
        int length = count * config.HiddenSize;
        norm.Apply(config.Norm, config.NormEpsilon, config.HiddenSize, vectors.Span[..length], destination.Span[..length]);
        return destination;
    }

    private void Reserve(int count)
    {
        if (hidden.Length >= count * config.HiddenSize)
            return;
        hidden = AlignedFloats.Allocate(count * config.HiddenSize);
        normed = AlignedFloats.Allocate(count * config.HiddenSize);
        attended = AlignedFloats.Allocate(count * config.HiddenSize);
        projected = AlignedFloats.Allocate(count * config.HiddenSize);
    }
}
