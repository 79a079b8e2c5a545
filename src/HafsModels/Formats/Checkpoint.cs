using HafsModels.Formats.PyTorch;
using HafsModels.Formats.SafeTensors;
using HafsModels.Tensors;

namespace HafsModels.Formats;

/// <summary>
/// An open checkpoint: the tensors of one model, over one file or several shards. Opening reads headers only. The data is read by
/// positioned reads (no memory mapping: a file truncated under a mapping kills the process). Instances are thread-safe for reading.
/// </summary>
public abstract class Checkpoint : IDisposable
{
    // What a Hugging Face folder may hold, best first: safetensors over pickles, the index over a single file.
    private static readonly (string Name, Func<string, Checkpoint> Open)[] Layouts =
    [
        ("model.safetensors.index.json", path => ShardedCheckpoint.OpenIndex(path, SafeTensorsFile.OpenFile)),
        ("model.safetensors", SafeTensorsFile.OpenFile),
        ("pytorch_model.bin.index.json", path => ShardedCheckpoint.OpenIndex(path, PyTorchFile.OpenFile)),
        ("pytorch_model.bin", PyTorchFile.OpenFile),
        ("pytorch_model.pt", PyTorchFile.OpenFile),
        ("model.pt", PyTorchFile.OpenFile),
        ("model.pth", PyTorchFile.OpenFile),
    ];

    /// <summary>All tensors, in the order of the files.</summary>
    public abstract IReadOnlyList<TensorInfo> Tensors { get; }

    /// <summary>Full paths of the files that hold the tensors.</summary>
    public virtual IReadOnlyList<string> Files => [.. Tensors.Select(t => t.File).Distinct(StringComparer.Ordinal)];

    /// <summary>Opens the weights in a folder, or one weight file (<c>.safetensors</c>, <c>.bin</c>, <c>.pt</c>, <c>.pth</c>) or index.</summary>
    /// <exception cref="HafsException">Nothing there holds weights, or a file breaks a rule of its format.</exception>
    public static Checkpoint OpenPath(string path)
    {
        path = Path.GetFullPath(path);
        if (File.Exists(path))
            return OpenFile(path);
        if (!Directory.Exists(path))
            throw new HafsException(ErrorKind.NotFound, "CheckpointNotFound", $"{path}: there is no such file or folder", path);
        foreach ((string name, Func<string, Checkpoint> open) in Layouts)
        {
            string file = Path.Combine(path, name);
            if (File.Exists(file))
                return open(file);
        }

        string[] found = [.. Directory.EnumerateFiles(path).Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal).Take(12)];
        bool isAdapter = found.Contains("adapter_config.json");
        throw new HafsException(
            ErrorKind.NotFound,
            isAdapter ? "CheckpointIsAdapter" : "CheckpointNotFound",
            $"{path}: no weights; looked for {string.Join(", ", Layouts.Select(l => l.Name))}; found {(found.Length == 0 ? "nothing" : string.Join(", ", found))}",
            path,
            isAdapter ? "This is an adapter; it must be merged into its base model first." : null);
    }

    /// <summary>Opens one tensor for reading by rows.</summary>
    /// <exception cref="HafsException">No tensor has that name, or its type holds no weights.</exception>
    public abstract TensorRows Open(string name);

    /// <summary>Opens a tensor of bytes, such as packed numbers, by rows: each element as a number from 0 to 255.</summary>
    /// <exception cref="HafsException">No tensor has that name, it holds no bytes, or the format stores no such tensors.</exception>
    public virtual TensorRows OpenBytes(string name) =>
        throw new HafsException(ErrorKind.Unsupported, "PackedTensor", $"{name}: packed numbers are read from safetensors files only", name);

    /// <summary>Closes the files.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Closes the files.</summary>
    protected abstract void Dispose(bool disposing);

    /// <summary>The error for a name that is not in the checkpoint.</summary>
    protected static HafsException MissingTensor(string name) =>
        new(ErrorKind.NotFound, "TensorNotFound", $"no tensor of the checkpoint is named {name}", name);

    /// <summary>Refuses tensors that hold no floating-point numbers, or rows that no array can take.</summary>
    protected static TensorRows RequireWeights(TensorInfo tensor, TensorRows rows)
    {
        if (!tensor.Type.IsFloat())
            throw new HafsException(ErrorKind.Unsupported, "TensorNotFloat", $"{tensor.File}: {tensor.Name} holds {tensor.Type}, which are no weights", tensor.Name);
        if (tensor.Shape.RowLength > Array.MaxLength)
            throw new HafsException(ErrorKind.Unsupported, "TensorRowTooLong", $"{tensor.File}: a row of {tensor.Name} has {tensor.Shape.RowLength:N0} elements; at most {Array.MaxLength:N0} are read", tensor.Name);
        return rows;
    }

    private static Checkpoint OpenFile(string path)
    {
        string name = Path.GetFileName(path);
        if (name.EndsWith(".safetensors.index.json", StringComparison.OrdinalIgnoreCase))
            return ShardedCheckpoint.OpenIndex(path, SafeTensorsFile.OpenFile);
        if (name.EndsWith(".bin.index.json", StringComparison.OrdinalIgnoreCase))
            return ShardedCheckpoint.OpenIndex(path, PyTorchFile.OpenFile);
        return Path.GetExtension(name).ToUpperInvariant() switch
        {
            ".SAFETENSORS" => SafeTensorsFile.OpenFile(path),
            ".BIN" or ".PT" or ".PTH" => PyTorchFile.OpenFile(path),
            _ => throw new HafsException(
                ErrorKind.Unsupported, "CheckpointFileType", $"{path}: weights are read from .safetensors, .bin, .pt and .pth files, and from their index.json", path),
        };
    }
}
