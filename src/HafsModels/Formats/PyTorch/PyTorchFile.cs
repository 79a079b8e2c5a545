using HafsModels.Tensors;
using Microsoft.Win32.SafeHandles;

namespace HafsModels.Formats.PyTorch;

/// <summary>One open PyTorch checkpoint (<c>.bin</c>, <c>.pt</c>, <c>.pth</c>): a zip of a pickled state dict and its storages. Nothing in it is executed.</summary>
public sealed class PyTorchFile : Checkpoint
{
    private const long MaxPickleBytes = 1 << 26;
    private const int MaxTensors = 1 << 20;
    private const string PickleName = "/data.pkl";

    /// <summary>Keys under which training scripts keep the state dict beside other state.</summary>
    private static readonly string[] Wrappers = ["state_dict", "model_state_dict", "model", "module"];

    private readonly SafeFileHandle file;
    private readonly Dictionary<string, (TensorInfo Tensor, TensorRows? Rows)> places = new(StringComparer.Ordinal);

    private PyTorchFile(SafeFileHandle file, string path)
    {
        this.file = file;
        var zip = new ZipDirectory(file, path);
        string[] pickles = [.. zip.Names.Where(n => n.EndsWith(PickleName, StringComparison.Ordinal) && n.IndexOf('/', StringComparison.Ordinal) == n.Length - PickleName.Length)];
        if (pickles is not [string pickle])
            throw new HafsException(ErrorKind.InvalidData, "PyTorchPickleMissing", $"{path}: the archive holds {pickles.Length} entries NAME/data.pkl; torch.save writes one", path);
        string prefix = pickle[..^PickleName.Length];
        RequireLittleEndian(zip, prefix, path);
        foreach ((string name, TorchTensor tensor) in StateDict(ReadPickle(zip, pickle, path), path))
        {
            if (places.Count == MaxTensors || !places.TryAdd(name, Place(zip, prefix, name, tensor, path)))
                throw new HafsException(ErrorKind.InvalidData, "PyTorchTensors", $"{path}: tensor {name} stands a second time, or there are more than {MaxTensors:N0}", path);
        }

        Tensors = [.. places.Values.Select(p => p.Tensor)];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<TensorInfo> Tensors { get; }

    /// <summary>Opens a file and reads its state dict, not its weights.</summary>
    /// <exception cref="HafsException">The file is not there, is not a zip of a state dict, or asks for code to be run.</exception>
    public static PyTorchFile OpenFile(string path)
    {
        path = Path.GetFullPath(path);
        SafeFileHandle file = FileBytes.Open(path);
        try
        {
            RequireZip(file, path);
            return new PyTorchFile(file, path);
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
        if (!places.TryGetValue(name, out (TensorInfo Tensor, TensorRows? Rows) place))
            throw MissingTensor(name);
        return RequireWeights(place.Tensor, place.Rows ?? throw new HafsException(
            ErrorKind.Unsupported,
            "PyTorchStrides",
            $"{place.Tensor.File}: {name} is a view whose rows cannot be read: their elements are scattered, or repeat a smaller storage",
            name,
            "Save contiguous tensors: {k: v.contiguous() for k, v in model.state_dict().items()}."));
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => file.Dispose();

    private static void RequireZip(SafeFileHandle file, string path)
    {
        Span<byte> start = stackalloc byte[4];
        if (RandomAccess.GetLength(file) < start.Length)
            throw new HafsException(ErrorKind.InvalidData, "FileTruncated", $"{path}: the file has {RandomAccess.GetLength(file)} bytes", path);
        FileBytes.Read(file, 0, start, path);
        if (start.SequenceEqual("PK\x03\x04"u8))
            return;
        bool isPickle = start[0] == 0x80;
        throw new HafsException(
            isPickle ? ErrorKind.Unsupported : ErrorKind.InvalidData,
            isPickle ? "PyTorchLegacyFormat" : "PyTorchZip",
            isPickle ? $"{path}: written by torch.save before PyTorch 1.6 (or with _use_new_zipfile_serialization=False), which is not read" : $"{path}: byte 0: no zip file, which torch.save writes",
            path,
            isPickle ? "Load it once with PyTorch and save it as safetensors." : null);
    }

    private void RequireLittleEndian(ZipDirectory zip, string prefix, string path)
    {
        string name = prefix + "/byteorder";
        if (!zip.Names.Contains(name))
            return; // PyTorch before 2.1 did not say; it wrote on little-endian machines.
        (long offset, long length) = zip.Locate(name);
        byte[] order = new byte[Math.Min(length, 16)];
        FileBytes.Read(file, offset, order, path);
        if (!order.AsSpan().SequenceEqual("little"u8))
            throw new HafsException(ErrorKind.Unsupported, "PyTorchByteOrder", $"{path}: byte {offset:N0}: the byte order is not \"little\"; files of big-endian machines are not read", path);
    }

    private object? ReadPickle(ZipDirectory zip, string name, string path)
    {
        (long offset, long length) = zip.Locate(name);
        if (length > MaxPickleBytes)
            throw new HafsException(ErrorKind.InvalidData, "PyTorchPickleTooLarge", $"{path}: {name} is {length:N0} bytes; at most {MaxPickleBytes:N0} are allowed", path);
        byte[] pickle = new byte[length];
        FileBytes.Read(file, offset, pickle, path);
        return PickleMachine.Load(pickle, path);
    }

    private static IEnumerable<(string Name, TorchTensor Tensor)> StateDict(object? root, string path)
    {
        PickleDict? dict = root as PickleDict;
        foreach (string wrapper in Wrappers)
        {
            if (dict is not null && !HasTensors(dict) && dict.Items.FirstOrDefault(i => i.Key is string key && key == wrapper).Value is PickleDict inner)
                dict = inner;
        }

        if (dict is null || !HasTensors(dict))
            throw new HafsException(ErrorKind.InvalidData, "PyTorchNoTensors", $"{path}: the file holds no state dict (a dict of names and tensors, alone or under {string.Join(", ", Wrappers)})", path);
        return from item in dict.Items where item.Key is string && item.Value is TorchTensor select ((string)item.Key!, (TorchTensor)item.Value!);
    }

    private static bool HasTensors(PickleDict dict) => dict.Items.Exists(i => i is { Key: string, Value: TorchTensor });

    private (TensorInfo Tensor, TensorRows? Rows) Place(ZipDirectory zip, string prefix, string name, TorchTensor tensor, string path)
    {
        if (name.Length == 0 || name.Any(char.IsControl))
            throw new HafsException(ErrorKind.InvalidData, "PyTorchTensors", $"{path}: a tensor's name is empty or contains a control character", path);
        (long start, long length) = zip.Locate($"{prefix}/data/{tensor.Storage.Key}");
        var info = new TensorInfo(name, tensor.Type, tensor.Shape, path);
        try
        {
            checked
            {
                // The last element decides: every other lies before it, since offset and strides are not negative.
                long last = tensor.Offset;
                for (int i = 0; i < tensor.Strides.Length; i++)
                    last += Math.Max(0, tensor.Shape[i] - 1) * tensor.Strides[i];
                long end = tensor.Shape.ElementCount == 0 ? 0 : (last + 1) * tensor.Type.ByteSize();
                if (end > length)
                    throw new HafsException(ErrorKind.InvalidData, "PyTorchTensorBounds", $"{path}: {name} {tensor.Shape} ends at byte {end:N0} of storage {tensor.Storage.Key}, which has {length:N0}", path);

                // An expanded view (stride 0) repeats its storage; a few bytes could claim terabytes of weights.
                bool isExpanded = info.ByteSize > length;
                return (info, isExpanded ? null : StridedTensorRows.Open(file, start + tensor.Offset * tensor.Type.ByteSize(), info, tensor.Strides));
            }
        }
        catch (OverflowException exception)
        {
            throw new HafsException(ErrorKind.InvalidData, "PyTorchTensorBounds", $"{path}: {name} reaches beyond 2^63 bytes", path, inner: exception);
        }
    }
}
