using HafsModels.Architectures;

namespace HafsModels.Inference;

/// <summary>
/// Keys and values of the tokens seen, for each layer. Memory comes in pages of positions, so it follows the tokens and not the longest context.
/// </summary>
internal sealed class KeyValueCache(DecoderConfig config)
{
    /// <summary>Positions of a page.</summary>
    public const int PagePositions = 64;

    private readonly int keyFloats = PagePositions * config.HeadDimension;
    private readonly int valueFloats = PagePositions * config.ValueWidth;
    private readonly List<float[]>[] pages = [.. Enumerable.Range(0, config.LayerCount).Select(_ => new List<float[]>())];

    /// <summary>Makes room for positions below <paramref name="end"/>.</summary>
    public void Reserve(int end)
    {
        foreach (List<float[]> layer in pages)
        {
            while (layer.Count * PagePositions < end)
                layer.Add(GC.AllocateUninitializedArray<float>(config.KeyValueHeadCount * (keyFloats + valueFloats)));
        }
    }

    /// <summary>Frees the pages that hold only positions from <paramref name="end"/> on.</summary>
    public void Trim(int end)
    {
        int kept = (end + PagePositions - 1) / PagePositions;
        foreach (List<float[]> layer in pages)
            layer.RemoveRange(Math.Min(kept, layer.Count), Math.Max(0, layer.Count - kept));
    }

    /// <summary>Keys of one head in the page of a position: position after position.</summary>
    public Span<float> Keys(int layer, int head, int page) => pages[layer][page].AsSpan(head * keyFloats, keyFloats);

    /// <summary>Values of one head in the page of a position: position after position.</summary>
    public Span<float> Values(int layer, int head, int page) => pages[layer][page].AsSpan((config.KeyValueHeadCount * keyFloats) + (head * valueFloats), valueFloats);

    /// <summary>Stores the key and value vectors of one position.</summary>
    /// <param name="layer">Index of the block.</param>
    /// <param name="position">Position in the context.</param>
    /// <param name="keys">Keys, head after head.</param>
    /// <param name="values">Values, head after head.</param>
    public void Store(int layer, int position, ReadOnlySpan<float> keys, ReadOnlySpan<float> values)
    {
        int keyWidth = config.HeadDimension, valueWidth = config.ValueWidth, slot = position % PagePositions, page = position / PagePositions;
        for (int head = 0; head < config.KeyValueHeadCount; head++)
        {
            keys.Slice(head * keyWidth, keyWidth).CopyTo(Keys(layer, head, page)[(slot * keyWidth)..]);
            values.Slice(head * valueWidth, valueWidth).CopyTo(Values(layer, head, page)[(slot * valueWidth)..]);
        }
    }
}
