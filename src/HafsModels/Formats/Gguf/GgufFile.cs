using HafsModels.Quantization;
using HafsModels.Tensors;
using Microsoft.Win32.SafeHandles;

namespace HafsModels.Formats.Gguf;

/// <summary>An open GGUF file. Opening reads and checks the header; data is read by positioned reads, by any number of threads.</summary>
public sealed class GgufFile : IDisposable
{
    private readonly SafeFileHandle file;
    private readonly Dictionary<string, GgufTensor> tensorsByName;
    private readonly Dictionary<string, GgufValue> metadataByKey;

    private GgufFile(SafeFileHandle file, string path, GgufHeader header, long fileBytes)
    {
        this.file = file;
        Path = path;
        Version = header.Version;
        Alignment = header.Alignment;
        Metadata = header.Metadata;
        Tensors = header.Tensors;
        FileBytes = fileBytes;
        tensorsByName = header.Tensors.ToDictionary(t => t.Name, StringComparer.Ordinal);
        metadataByKey = header.Metadata.ToDictionary(StringComparer.Ordinal);
    }

    /// <summary>Full path of the file.</summary>
    public string Path { get; }

    /// <summary>Version of the format: 2 or 3.</summary>
    public uint Version { get; }

    /// <summary>Every tensor begins at a multiple of this many bytes.</summary>
    public int Alignment { get; }

    /// <summary>Size of the file in bytes.</summary>
    public long FileBytes { get; }

    /// <summary>Keys and values in the order of the file.</summary>
    public IReadOnlyList<KeyValuePair<string, GgufValue>> Metadata { get; }

    /// <summary>Tensors in the order of the file.</summary>
    public IReadOnlyList<GgufTensor> Tensors { get; }

    /// <summary>Opens a file and checks its header.</summary>
    /// <exception cref="HafsException">The file is not there, is no GGUF file of version 2 or 3, or breaks a rule of the format.</exception>
    public static GgufFile Open(string path)
    {
        path = System.IO.Path.GetFullPath(path);
        SafeFileHandle file = Formats.FileBytes.Open(path);
        try
        {
            return new GgufFile(file, path, GgufHeaderReader.Read(file, path), RandomAccess.GetLength(file));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The value of a key, or null.</summary>
    public GgufValue? Find(string key) => metadataByKey.GetValueOrDefault(key);

    /// <summary>The tensor of a name, or null.</summary>
    public GgufTensor? FindTensor(string name) => tensorsByName.GetValueOrDefault(name);

    /// <summary>Opens one tensor for reading by rows, decoded to float.</summary>
    /// <exception cref="HafsException">No tensor has that name, or its type cannot be decoded.</exception>
    public TensorRows OpenRows(string name)
    {
        StoredRows rows = OpenStored(name);
        BlockFormats.Get(rows.Type);
        return rows;
    }

    /// <summary>Opens one tensor for reading by rows, also as they are stored; a type that cannot be decoded can still be read so.</summary>
    /// <exception cref="HafsException">No tensor has that name, or its type is not known.</exception>
    public StoredRows OpenStored(string name)
    {
        GgufTensor tensor = Required(name);
        if (GgmlTypes.BlockOf(tensor.Type) is null)
            throw new HafsException(ErrorKind.Unsupported, "UnknownGgmlType", $"{Path}: {name} has ggml type {(uint)tensor.Type}, which is not known here", name);
        if (tensor.Shape.RowLength > Array.MaxLength)
            throw new HafsException(ErrorKind.Unsupported, "TensorRowTooLong", $"{Path}: a row of {name} has {tensor.Shape.RowLength:N0} elements; at most {Array.MaxLength:N0} are read", name);
        return new GgufRows(this, tensor);
    }

    /// <summary>Reads stored bytes of a tensor.</summary>
    /// <param name="tensor">A tensor of this file.</param>
    /// <param name="offset">First byte, from the start of the tensor.</param>
    /// <param name="destination">Takes the bytes; must end inside the tensor.</param>
    public void ReadBytes(GgufTensor tensor, long offset, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(checked(offset + destination.Length), tensor.ByteSize, nameof(offset));
        Formats.FileBytes.Read(file, tensor.Offset + offset, destination, Path);
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => file.Dispose();

    private GgufTensor Required(string name) => FindTensor(name)
        ?? throw new HafsException(ErrorKind.NotFound, "TensorNotFound", $"{Path}: no tensor is named {name}", name);
}
