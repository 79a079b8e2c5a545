using System.Runtime.InteropServices;

namespace HafsModels.Tokenizers.Models;

/// <summary>
/// Tokens of pieces seen before. One slot a hash, the newest entry wins; entries are immutable and slots are single references, so threads
/// share it without locks.
/// </summary>
internal sealed class PieceCache
{
    /// <summary>Longer pieces hardly come twice.</summary>
    public const int MaximumLength = 48;

    private const int Slots = 1 << 15;

    private readonly Entry?[] entries = new Entry?[Slots];

    public int[]? Find(ReadOnlySpan<char> piece, out int slot)
    {
        slot = SlotOf(piece);
        Entry? entry = entries[slot];
        return entry is not null && piece.SequenceEqual(entry.Piece) ? entry.Ids : null;
    }

    public void Store(int slot, ReadOnlySpan<char> piece, ReadOnlySpan<int> ids) => entries[slot] = new Entry(piece.ToString(), ids.ToArray());

    private static int SlotOf(ReadOnlySpan<char> piece)
    {
        ulong hash = (ulong)piece.Length;
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(piece);
        while (bytes.Length >= 8)
        {
            hash = (hash ^ MemoryMarshal.Read<ulong>(bytes)) * 0x9E3779B97F4A7C15;
            hash ^= hash >> 29;
            bytes = bytes[8..];
        }

        for (int i = 0; i < bytes.Length; i++)
            hash = (hash ^ bytes[i]) * 0x9E3779B97F4A7C15;
        return (int)(hash >> 49);
    }

    private sealed record Entry(string Piece, int[] Ids);
}
