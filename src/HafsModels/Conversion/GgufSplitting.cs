using HafsModels.Formats.Gguf;

namespace HafsModels.Conversion;

/// <summary>Splits one GGUF model into several files and merges them again, as llama-gguf-split does.</summary>
public static class GgufSplitting
{
    /// <summary>Plans files that each hold some of a model's tensors.</summary>
    /// <param name="source">The model.</param>
    /// <param name="prefix">What their names begin with; may have a folder.</param>
    /// <param name="limits">When a new one begins.</param>
    /// <exception cref="HafsException">There is no limit, or it would take too many files.</exception>
    public static IReadOnlyList<PlannedFile> Split(GgufSet source, string prefix, GgufSplitLimits limits)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(limits);
        if (limits is { MaxTensors: <= 0, MaxBytes: <= 0 })
            throw new HafsException(ErrorKind.InvalidArgument, "SplitLimit", "say how many tensors or how many bytes a file may have");
        List<List<GgufSetTensor>> groups = Groups(source, limits);
        if (groups.Count > GgufSplit.MaxFiles)
            throw new HafsException(ErrorKind.InvalidArgument, "SplitTooMany", $"{source.Path}: that makes {groups.Count:N0} files; at most {GgufSplit.MaxFiles:N0} can be numbered", source.Path);
        prefix = Path.GetFullPath(prefix);
        return [.. groups.Select((tensors, i) => new PlannedFile(GgufSplit.FileName(prefix, i, groups.Count), Copy(Numbered(source, i, groups.Count), tensors, $"Splitting {Path.GetFileName(source.Path)}")))];
    }

    /// <summary>Plans one file of a model that lies in several.</summary>
    /// <exception cref="HafsException">It lies in one already.</exception>
    public static PlannedFile Merge(GgufSet source, string path)
    {
        ArgumentNullException.ThrowIfNull(source);
        if (source.Files.Count < 2)
            throw new HafsException(ErrorKind.InvalidArgument, "NotSplit", $"{source.Path}: this model is in one file", source.Path);
        List<KeyValuePair<string, GgufValue>> metadata = [.. source.Metadata];
        metadata.Set(GgufSplit.CountKey, (ushort)0);
        return new PlannedFile(Path.GetFullPath(path), Copy(metadata, source.Tensors, $"Merging {source.Files.Count} files"));
    }

    /// <summary>Metadata of one of several files: the first has all, the others only their number. A single file is not marked.</summary>
    internal static List<KeyValuePair<string, GgufValue>> Metadata(IReadOnlyList<KeyValuePair<string, GgufValue>> all, int number, int count, int tensors)
    {
        List<KeyValuePair<string, GgufValue>> metadata = number == 0 ? [.. all] : [];
        if (count > 1)
        {
            metadata.Set(GgufSplit.NumberKey, (ushort)number);
            metadata.Set(GgufSplit.CountKey, (ushort)count);
            metadata.Set(GgufSplit.TensorCountKey, tensors);
        }

        return metadata;
    }

    /// <summary>Plans a file of tensors as they are stored.</summary>
    internal static ExportPlan Copy(IReadOnlyList<KeyValuePair<string, GgufValue>> metadata, IReadOnlyList<GgufSetTensor> tensors, string activity) =>
        GgufRequantization.PlanFile(metadata, [.. tensors.Select(t => (t.Name, t.Tensor.Type, t.Open(), default(ReadOnlyMemory<float>)))], activity);

    // llama-gguf-split has the keys in another order than llama-quantize.
    private static List<KeyValuePair<string, GgufValue>> Numbered(GgufSet source, int number, int count)
    {
        List<KeyValuePair<string, GgufValue>> metadata = number == 0 ? [.. source.Metadata] : [];
        metadata.Set(GgufSplit.NumberKey, (ushort)number);
        metadata.Set(GgufSplit.TensorCountKey, source.Tensors.Count);
        metadata.Set(GgufSplit.CountKey, (ushort)count);
        return metadata;
    }

    private static List<List<GgufSetTensor>> Groups(GgufSet source, GgufSplitLimits limits)
    {
        List<List<GgufSetTensor>> groups = limits.NoTensorsInFirst ? [[], []] : [[]];
        long bytes = 0;
        foreach (GgufSetTensor tensor in source.Tensors)
        {
            long size = GgufHeader.Align(tensor.Tensor.ByteSize, GgufHeader.DefaultAlignment);
            bool isFull = (limits.MaxTensors > 0 && groups[^1].Count >= limits.MaxTensors) || (limits.MaxBytes > 0 && bytes + size > limits.MaxBytes);
            if (isFull && groups[^1].Count > 0)
            {
                groups.Add([]);
                bytes = 0;
            }

            groups[^1].Add(tensor);
            bytes += size;
        }

        return groups;
    }
}
