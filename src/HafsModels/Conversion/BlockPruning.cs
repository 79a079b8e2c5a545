using System.Globalization;
using HafsModels.Formats.Gguf;
using HafsModels.Quantization;

namespace HafsModels.Conversion;

/// <summary>Leaves blocks out of a model and numbers the others anew.</summary>
internal sealed class BlockPruning
{
    private readonly int[] kept;
    private readonly int blockCount;

    /// <summary>Prepares it.</summary>
    /// <param name="pruned">Numbers of the blocks to leave out.</param>
    /// <param name="blockCount">Blocks of the model.</param>
    /// <exception cref="HafsException">A block is not there, or none would be left.</exception>
    public BlockPruning(IReadOnlyList<int> pruned, int blockCount)
    {
        this.blockCount = blockCount;
        if (pruned.Any(p => p < 0 || p >= blockCount))
        {
            throw new HafsException(
                ErrorKind.InvalidArgument, "PruneLayers", $"layer {pruned.First(p => p < 0 || p >= blockCount)} cannot be pruned: the model has {blockCount} blocks, numbered from 0");
        }

        kept = [.. Enumerable.Range(0, blockCount).Except(pruned)];
        if (pruned.Count > 0 && kept.Length == 0)
            throw new HafsException(ErrorKind.InvalidArgument, "PruneLayers", $"all {blockCount} blocks would be pruned");
    }

    /// <summary>Whether anything is left out.</summary>
    public bool IsEmpty => kept.Length == blockCount;

    /// <summary>The name a tensor gets, or null when it is left out.</summary>
    public string? NameOf(string name)
    {
        int block = RecipeTensors.BlockOf(name);
        if (IsEmpty || block < 0)
            return name;
        int number = Array.IndexOf(kept, block);
        return number < 0 ? null : string.Create(CultureInfo.InvariantCulture, $"blk.{number}{name[name.IndexOf('.', 4)..]}");
    }

    /// <summary>Sets the number of blocks, and leaves out what arrays say about those that are gone.</summary>
    public void Apply(List<KeyValuePair<string, GgufValue>> metadata, string family)
    {
        if (IsEmpty)
            return;
        for (int i = 0; i < metadata.Count; i++)
        {
            (string key, GgufValue value) = metadata[i];
            if (key.StartsWith(family + ".", StringComparison.Ordinal) && value.Value is Array array && array.Length == blockCount)
                metadata[i] = new(key, new GgufValue(Kept(array)));
        }

        metadata.Set($"{family}.block_count", (uint)kept.Length);
    }

    private Array Kept(Array array)
    {
        var result = Array.CreateInstance(array.GetType().GetElementType()!, kept.Length);
        for (int i = 0; i < kept.Length; i++)
            result.SetValue(array.GetValue(kept[i]), i);
        return result;
    }
}
