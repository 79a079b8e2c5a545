using HafsModels.Architectures;
using HafsModels.Tensors;

namespace HafsModels.Inference;

/// <summary>
/// Where a decoder's weights come from: a checkpoint, a GGUF file, anything that can name its tensors by role (their GGUF names) and read
/// them by rows in a stored type. Disposed after loading.
/// </summary>
internal abstract class DecoderWeights : IDisposable
{
    /// <summary>File or folder, for messages.</summary>
    public abstract string Name { get; }

    /// <summary>Sizes and traits of the model.</summary>
    public abstract DecoderConfig Config { get; }

    /// <summary>Type and shape of each weight by role.</summary>
    public abstract IReadOnlyDictionary<string, (GgmlType Type, Shape Shape)> Roles { get; }

    /// <summary>Reads stored bytes of whole rows.</summary>
    /// <param name="role">A key of <see cref="Roles"/>.</param>
    /// <param name="firstRow">Index of the first row.</param>
    /// <param name="rows">Takes whole rows in the type that <see cref="Roles"/> states.</param>
    public abstract void Read(string role, long firstRow, Span<byte> rows);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Closes the files.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }
}
