using HafsModels.Tensors;
using Microsoft.Win32.SafeHandles;

namespace HafsModels.Formats.SafeTensors;

/// <summary>One open <c>.safetensors</c> file. Opening reads and checks the header alone.</summary>
public sealed class SafeTensorsFile : Checkpoint
{
    private readonly SafeFileHandle file;
    private readonly Dictionary<string, (TensorInfo Tensor, long Offset)> places;

    private SafeTensorsFile(SafeFileHandle file, SafeTensorsHeader header)
    {
        this.file = file;
        Metadata = header.Metadata;
        Tensors = [.. header.Tensors.Select(t => t.Tensor)];
        places = header.Tensors.ToDictionary(t => t.Tensor.Name, StringComparer.Ordinal);
    }

    /// <summary>The header's <c>__metadata__</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<TensorInfo> Tensors { get; }

    /// <summary>Opens a file and checks its header.</summary>
    /// <exception cref="HafsException">The file is not there or breaks a rule of the format.</exception>
    public static SafeTensorsFile OpenFile(string path)
    {
        path = Path.GetFullPath(path);
        SafeFileHandle file = FileBytes.Open(path);
        try
        {
            return new SafeTensorsFile(file, SafeTensorsHeader.Read(file, path));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override TensorRows Open(string name)
    {
        if (!places.TryGetValue(name, out (TensorInfo Tensor, long Offset) place))
            throw MissingTensor(name);
        return RequireWeights(place.Tensor, new FileTensorRows(file, place.Offset, place.Tensor));
    }

    /// <inheritdoc/>
    public override TensorRows OpenBytes(string name)
    {
        if (!places.TryGetValue(name, out (TensorInfo Tensor, long Offset) place))
            throw MissingTensor(name);
        return place.Tensor.Type == ElementType.U8
            ? new FileByteRows(file, place.Offset, place.Tensor)
            : throw new HafsException(ErrorKind.InvalidData, "TensorNotBytes", $"{place.Tensor.File}: {name} holds {place.Tensor.Type}, but must be of type U8", name);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => file.Dispose();
}
