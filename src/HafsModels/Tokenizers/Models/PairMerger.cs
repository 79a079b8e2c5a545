namespace HafsModels.Tokenizers.Models;

/// <summary>Merges the symbols of one piece in place.</summary>
internal static class PairMerger
{
    /// <summary>Up to this many symbols, looking at all pairs again after each merge is faster than a queue.</summary>
    private const int ScanLimit = 32;

    /// <summary>Merges until no pair is known. The result is the front of <paramref name="symbols"/>.</summary>
    public static ReadOnlySpan<int> Merge(Span<int> symbols, MergeTable merges) =>
        symbols.Length < 2 ? symbols : symbols.Length <= ScanLimit ? Scan(symbols, merges) : Queue(symbols, merges);

    private static Span<int> Scan(Span<int> symbols, MergeTable merges)
    {
        int count = symbols.Length;
        Span<ulong> pairs = stackalloc ulong[ScanLimit];
        for (int i = 0; i + 1 < count; i++)
            pairs[i] = merges.Find(symbols[i], symbols[i + 1]);
        while (count > 1)
        {
            int best = 0;
            for (int i = 1; i + 1 < count; i++)
            {
                if (pairs[i] >> 32 < pairs[best] >> 32)
                    best = i;
            }

            if (pairs[best] == ulong.MaxValue)
                break;
            symbols[best] = (int)(uint)pairs[best];
            symbols[(best + 2)..count].CopyTo(symbols[(best + 1)..]);
            pairs[(best + 1)..(count - 1)].CopyTo(pairs[best..]);
            count--;
            if (best > 0)
                pairs[best - 1] = merges.Find(symbols[best - 1], symbols[best]);
            if (best + 1 < count)
                pairs[best] = merges.Find(symbols[best], symbols[best + 1]);
        }

        return symbols[..count];
    }

    /// <summary>
    /// Keeps the pairs in a queue by rank, then place; entries that a merge has made stale are recognized by their token and passed over.
    /// </summary>
    private static Span<int> Queue(Span<int> symbols, MergeTable merges)
    {
        int count = symbols.Length;
        var previous = new int[count];
        var next = new int[count];
        var queue = new PriorityQueue<ulong, ulong>(count);
        for (int i = 0; i < count; i++)
            (previous[i], next[i]) = (i - 1, i + 1 < count ? i + 1 : -1);
        for (int i = 0; i + 1 < count; i++)
            Enqueue(queue, merges.Find(symbols[i], symbols[i + 1]), i);
        while (queue.TryDequeue(out ulong merge, out ulong priority))
        {
            int left = (int)(uint)priority;
            int right = next[left];
            if (symbols[left] < 0 || right < 0 || merges.Find(symbols[left], symbols[right]) != merge)
                continue;
            symbols[left] = (int)(uint)merge;
            symbols[right] = -1;
            next[left] = next[right];
            if (next[right] >= 0)
                previous[next[right]] = left;
            if (previous[left] >= 0)
                Enqueue(queue, merges.Find(symbols[previous[left]], symbols[left]), previous[left]);
            if (next[left] >= 0)
                Enqueue(queue, merges.Find(symbols[left], symbols[next[left]]), left);
        }

        int kept = 0;
        for (int i = 0; i >= 0; i = next[i])
            symbols[kept++] = symbols[i];
        return symbols[..kept];
    }

    private static void Enqueue(PriorityQueue<ulong, ulong> queue, ulong merge, int place)
    {
        if (merge != ulong.MaxValue)
            queue.Enqueue(merge, (merge & 0xFFFFFFFF00000000) | (uint)place);
    }
}
