namespace HafsModels.Formats.Gguf;

/// <summary>One model in one GGUF file, or in several that were split (<c>NAME-00001-of-00003.gguf</c>) and are read as one.</summary>
public sealed class GgufSet : IDisposable
{
    private readonly Dictionary<string, GgufSetTensor> byName;

    private GgufSet(IReadOnlyList<GgufFile> files)
    {
        Files = files;
        Tensors = [.. files.SelectMany((file, i) => file.Tensors.Select(t => new GgufSetTensor(i, file, t)))];
        byName = new(StringComparer.Ordinal);
        foreach (GgufSetTensor tensor in Tensors)
        {
            if (!byName.TryAdd(tensor.Name, tensor))
                throw Invalid(tensor.File.Path, "GgufSplitTensor", $"{tensor.Name} is in {System.IO.Path.GetFileName(byName[tensor.Name].File.Path)} as well");
        }
    }

    /// <summary>The files, in order.</summary>
    public IReadOnlyList<GgufFile> Files { get; }

    /// <summary>Full path of the first file.</summary>
    public string Path => Files[0].Path;

    /// <summary>Keys and values of the first file, which speaks for all.</summary>
    public IReadOnlyList<KeyValuePair<string, GgufValue>> Metadata => Files[0].Metadata;

    /// <summary>All tensors, file after file.</summary>
    public IReadOnlyList<GgufSetTensor> Tensors { get; }

    /// <summary>Bytes of all files.</summary>
    public long FileBytes => Files.Sum(f => f.FileBytes);

    /// <summary>Opens a file and, when it is the first of several, the others beside it.</summary>
    /// <exception cref="HafsException">A file is missing, is not the one it should be, or breaks a rule of the format.</exception>
    public static GgufSet Open(string path)
    {
        var files = new List<GgufFile> { GgufFile.Open(path) };
        try
        {
            if (files[0].Find(GgufSplit.CountKey)?.AsInteger() is > 1 and var count)
                OpenOthers(files, count);
            return new GgufSet(files);
        }
        catch
        {
            files.ForEach(f => f.Dispose());
            throw;
        }
    }

    /// <summary>The value of a key, or null.</summary>
    public GgufValue? Find(string key) => Files[0].Find(key);

    /// <summary>The tensor of a name, or null.</summary>
    public GgufTensor? FindTensor(string name) => byName.GetValueOrDefault(name)?.Tensor;

    /// <summary>Reads stored bytes of a tensor.</summary>
    /// <param name="name">A tensor of this model.</param>
    /// <param name="offset">First byte, from the start of the tensor.</param>
    /// <param name="destination">Takes the bytes; must end inside the tensor.</param>
    public void ReadBytes(string name, long offset, Span<byte> destination)
    {
        GgufSetTensor tensor = byName[name];
        tensor.File.ReadBytes(tensor.Tensor, offset, destination);
    }

    /// <summary>Closes the files.</summary>
    public void Dispose()
    {
        foreach (GgufFile file in Files)
            file.Dispose();
    }

    private static void OpenOthers(List<GgufFile> files, long count)
    {
        GgufFile first = files[0];
        string name = System.IO.Path.GetFileName(first.Path), folder = System.IO.Path.GetDirectoryName(first.Path)!;
        long number = first.Find(GgufSplit.NumberKey)?.AsInteger() ?? -1;
        if (count > GgufSplit.MaxFiles || number < 0 || number >= count)
            throw Invalid(first.Path, "GgufSplitNumber", $"it says that it is file {number} of {count}, counted from 0");
        string prefix = GgufSplit.PrefixOf(name, (int)number, (int)count)
            ?? throw Invalid(first.Path, "GgufSplitName", $"file {number + 1} of {count} must be named {GgufSplit.FileName("NAME", (int)number, (int)count)}");
        if (number != 0)
        {
            throw new HafsException(
                ErrorKind.InvalidArgument, "GgufSplitNotFirst", $"{first.Path}: this is file {number + 1} of {count}; a split model is opened by its first", first.Path,
                $"Name {System.IO.Path.Combine(folder, GgufSplit.FileName(prefix, 0, (int)count))}.");
        }

        for (int i = 1; i < count; i++)
        {
            GgufFile file = GgufFile.Open(System.IO.Path.Combine(folder, GgufSplit.FileName(prefix, i, (int)count)));
            files.Add(file);
            if (file.Find(GgufSplit.NumberKey)?.AsInteger() != i || file.Find(GgufSplit.CountKey)?.AsInteger() != count)
                throw Invalid(file.Path, "GgufSplitNumber", $"it says that it is file {file.Find(GgufSplit.NumberKey)} of {file.Find(GgufSplit.CountKey)}, counted from 0; it should be {i} of {count}");
        }

        long tensors = files.Sum(f => (long)f.Tensors.Count);
        if (first.Find(GgufSplit.TensorCountKey)?.AsInteger() is { } stated && stated != tensors)
            throw Invalid(first.Path, "GgufSplitTensorCount", $"it says that all files hold {stated} tensors; they hold {tensors}");
    }

    private static HafsException Invalid(string path, string id, string message) => new(ErrorKind.InvalidData, id, $"{path}: {message}", path);
}
