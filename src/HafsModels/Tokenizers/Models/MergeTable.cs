using System.Numerics;
using System.Runtime.CompilerServices;

namespace HafsModels.Tokenizers.Models;

/// <summary>Which two tokens merge into which, and how early: an open-addressed table from pair to (rank, token).</summary>
internal sealed class MergeTable
{
    private readonly ulong[] keys;
    private readonly ulong[] values;
    private readonly int shift;

    /// <param name="count">Number of merges that will be added.</param>
    public MergeTable(int count)
    {
        int bits = Math.Max(4, BitOperations.Log2((uint)Math.Max(1, count)) + 2);
        keys = new ulong[1 << bits];
        values = new ulong[1 << bits];
        shift = 64 - bits;
    }

    /// <summary>Adds a merge; the first rank of a pair counts.</summary>
    public void TryAdd(int left, int right, int rank, int merged)
    {
        ulong key = KeyOf(left, right);
        int slot = SlotOf(key);
        while (keys[slot] != 0)
        {
            if (keys[slot] == key)
                return;
            slot = (slot + 1) & (keys.Length - 1);
        }

        keys[slot] = key;
        values[slot] = (ulong)(uint)rank << 32 | (uint)merged;
    }

    /// <summary>The rank of a pair in the upper half and the merged token in the lower; <see cref="ulong.MaxValue"/> when the two do not merge.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Find(int left, int right)
    {
        ulong key = KeyOf(left, right);
        int slot = SlotOf(key);
        while (true)
        {
            ulong found = keys[slot];
            if (found == key)
                return values[slot];
            if (found == 0)
                return ulong.MaxValue;
            slot = (slot + 1) & (keys.Length - 1);
        }
    }

    /// <summary>Zero marks a free slot, so pairs count from one.</summary>
    private static ulong KeyOf(int left, int right) => ((ulong)(uint)left << 32 | (uint)right) + 1;

    private int SlotOf(ulong key) => (int)(key * 0x9E3779B97F4A7C15 >> shift);
}
