using HafsModels.Architectures;

namespace HafsModels.Inference;

/// <summary>Queries, keys and values of latent attention. Not thread-safe: it owns its buffers.</summary>
internal sealed class LatentProjection(DecoderConfig config, MatrixProducts products)
{
    private readonly int rank = config.KeyValueRank;
    private readonly int rotated = config.RopeDimension;
    private readonly int fixedPart = config.LatentKeyDimension - config.RopeDimension;
    private Memory<float> compressed = Memory<float>.Empty;
    private Memory<float> wide = Memory<float>.Empty;
    private Memory<float> part = Memory<float>.Empty;
    private Memory<float> projected = Memory<float>.Empty;
    private Memory<float> expanded = Memory<float>.Empty;

    /// <summary>Makes room for a batch.</summary>
    public void Reserve(int count)
    {
        if (wide.Length >= count * config.HeadCount * config.LatentKeyDimension)
            return;
        compressed = AlignedFloats.Allocate(count * Math.Max(config.QueryRank, rank + rotated));
        wide = AlignedFloats.Allocate(count * config.HeadCount * config.LatentKeyDimension);
        part = AlignedFloats.Allocate(count * Math.Max(fixedPart, rank));
        projected = AlignedFloats.Allocate(count * Math.Max(rank, config.LatentValueDimension));
        expanded = AlignedFloats.Allocate(count * config.HeadCount * config.LatentValueDimension);
    }

    /// <summary>Computes queries, the one key and the one value of each token; a key is the compressed vector and the rotated part, a value the compressed vector.</summary>
    public void Project(LatentWeights weights, Memory<float> inputs, int count, RotaryEmbedding? turn, Memory<float> queries, Memory<float> keys, Memory<float> values)
    {
        Memory<float> source = inputs;
        if (weights.QueryDown is not null)
        {
            products.Run(inputs, count, (weights.QueryDown, compressed));
            Span<float> low = compressed.Span[..(count * config.QueryRank)];
            weights.QueryNorm.Apply(config.Norm, config.NormEpsilon, config.QueryRank, low, low);
            source = compressed;
        }

        products.Run(source, count, (weights.Query, wide));
        for (int head = 0; head < config.HeadCount; head++)
        {
            for (int n = 0; n < count; n++)
                WideHead(n, head)[..fixedPart].CopyTo(part.Span[(n * fixedPart)..]);
            products.Run(part, count, (weights.KeyUp[head], projected));
            for (int n = 0; n < count; n++)
            {
                Span<float> query = queries.Span.Slice(((n * config.HeadCount) + head) * (rank + rotated), rank + rotated);
                projected.Span.Slice(n * rank, rank).CopyTo(query);
                WideHead(n, head)[fixedPart..].CopyTo(query[rank..]);
                turn?.Rotate(query[rank..], n);
            }
        }

        products.Run(inputs, count, (weights.KeyValueDown, keys));
        for (int n = 0; n < count; n++)
        {
            Span<float> key = keys.Span.Slice(n * (rank + rotated), rank + rotated);
            weights.KeyValueNorm.Apply(config.Norm, config.NormEpsilon, rank, key[..rank], key[..rank]);
            turn?.Rotate(key[rank..], n);
            key[..rank].CopyTo(values.Span[(n * rank)..]);
        }
    }

    /// <summary>Takes what attention gave out of the latent space.</summary>
    public Memory<float> Expand(LatentWeights weights, Memory<float> attended, int count)
    {
        int width = config.LatentValueDimension;
        for (int head = 0; head < config.HeadCount; head++)
        {
            for (int n = 0; n < count; n++)
                attended.Span.Slice(((n * config.HeadCount) + head) * rank, rank).CopyTo(part.Span[(n * rank)..]);
            products.Run(part, count, (weights.ValueUp[head], projected));
            for (int n = 0; n < count; n++)
                projected.Span.Slice(n * width, width).CopyTo(expanded.Span[(((n * config.HeadCount) + head) * width)..]);
        }

        return expanded;
    }

    private Span<float> WideHead(int index, int head) => wide.Span.Slice(((index * config.HeadCount) + head) * config.LatentKeyDimension, config.LatentKeyDimension);
}
