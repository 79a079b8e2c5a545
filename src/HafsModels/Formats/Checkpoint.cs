using HafsModels.Tensors;

namespace HafsModels.Formats;

/// <summary>
/// An open checkpoint: the tensors of one model, over one file or several shards. Opening reads headers only. The data is read by
/// positioned reads (no memory mapping: a file truncated under a mapping kills the process). Instances are thread-safe for reading.
/// </summary>
public abstract class Checkpoint : IDisposable
{
    /// <summary>All tensors, in the order of the files.</summary>
    public abstract IReadOnlyList<TensorInfo> Tensors { get; }

    /// <summary>Opens one tensor for reading by rows.</summary>
    /// <exception cref="HafsException">No tensor has that name, or its type holds no weights.</exception>
    public abstract TensorRows Open(string name);

    /// <summary>Closes the files.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Closes the files.</summary>
    protected abstract void Dispose(bool disposing);
}
