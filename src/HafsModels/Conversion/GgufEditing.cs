using HafsModels.Formats.Gguf;

namespace HafsModels.Conversion;

/// <summary>Changes what a GGUF file says about itself; its tensors are copied as they are stored.</summary>
public static class GgufEditing
{
    private const string Architecture = "general.architecture";

    /// <summary>Plans the file with other metadata.</summary>
    /// <param name="source">The file; of a split model only the first says anything.</param>
    /// <param name="path">The output; may be the file itself.</param>
    /// <param name="set">Keys and values. A key that is there stays in its place and keeps its type; others come last.</param>
    /// <param name="remove">Keys to remove.</param>
    /// <exception cref="HafsException">A key to remove is not there or is needed, or a value cannot be what its key is.</exception>
    public static PlannedFile Plan(GgufFile source, string path, IEnumerable<KeyValuePair<string, object>> set, IReadOnlyCollection<string> remove)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(set);
        ArgumentNullException.ThrowIfNull(remove);
        List<KeyValuePair<string, GgufValue>> metadata = [.. source.Metadata];
        foreach (string key in remove)
        {
            if (key == Architecture || GgufSplit.Keys.Contains(key))
                throw new HafsException(ErrorKind.InvalidArgument, "MetadataKeyNeeded", $"{source.Path}: without {key} the model cannot be opened", key);
            if (metadata.RemoveAll(m => m.Key == key) == 0)
                throw new HafsException(ErrorKind.NotFound, "MetadataKeyMissing", $"{source.Path}: there is no key {key} to remove", key, "Get-GgufInfo (hafs gguf info) lists the keys.");
        }

        foreach ((string key, object value) in set)
        {
            int index = metadata.FindIndex(m => m.Key == key);
            KeyValuePair<string, GgufValue> entry = new(key, MetadataEdits.Value(key, value, index < 0 ? null : metadata[index].Value));
            if (index < 0)
                metadata.Add(entry);
            else
                metadata[index] = entry;
        }

        return new PlannedFile(
            Path.GetFullPath(path),
            GgufSplitting.Copy(metadata, [.. source.Tensors.Select(t => new GgufSetTensor(0, source, t))], $"Writing {Path.GetFileName(path)}"));
    }
}
