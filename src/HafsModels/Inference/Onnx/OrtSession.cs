using System.Runtime.InteropServices;
using System.Text;

namespace HafsModels.Inference.Onnx;

/// <summary>A loaded graph: names, types and shapes of its inputs, and a way to run it.</summary>
internal sealed unsafe class OrtSession : IDisposable
{
    private readonly OnnxRuntimeLibrary library;
    private readonly nint session;
    private readonly nint memory;

    /// <summary>Loads a graph with its external data.</summary>
    /// <exception cref="HafsException">The library refuses the graph or lacks the provider.</exception>
    public OrtSession(OnnxRuntimeLibrary library, string path, OnnxProvider provider, int threads)
    {
        this.library = library;
        nint options, created, info;
        library.Check(((delegate* unmanaged<nint*, nint>)library[OrtFunction.CreateSessionOptions])(&options));
        try
        {
            library.Check(((delegate* unmanaged<nint, int, nint>)library[OrtFunction.SetIntraOpNumThreads])(options, threads));
            Append(options, provider);

            // Paths are wide characters on Windows and UTF-8 elsewhere.
            byte[] text = (OperatingSystem.IsWindows() ? Encoding.Unicode : Encoding.UTF8).GetBytes(path + "\0");
            fixed (byte* pointer = text)
                library.Check(((delegate* unmanaged<nint, byte*, nint, nint*, nint>)library[OrtFunction.CreateSession])(library.Environment, pointer, options, &created));
        }
        finally
        {
            library.Release(OrtFunction.ReleaseSessionOptions, options);
        }

        session = created;
        library.Check(((delegate* unmanaged<int, int, nint*, nint>)library[OrtFunction.CreateCpuMemoryInfo])(0, 0, &info));
        memory = info;
        Inputs = [.. Enumerable.Range(0, Count(OrtFunction.SessionGetInputCount)).Select(Input)];
        Outputs = [.. Enumerable.Range(0, Count(OrtFunction.SessionGetOutputCount)).Select(i => Name(OrtFunction.SessionGetOutputName, i))];
    }

    /// <summary>The inputs: name, type, dimensions (-1 where any).</summary>
    public IReadOnlyList<(string Name, OrtElementType Type, long[] Shape)> Inputs { get; }

    /// <summary>Names of the outputs.</summary>
    public IReadOnlyList<string> Outputs { get; }

    /// <summary>Makes a tensor over memory that stays where it is until the tensor is released.</summary>
    public nint Tensor(void* data, long bytes, ReadOnlySpan<long> shape, OrtElementType type)
    {
        nint value;
        fixed (long* sizes = shape)
            library.Check(((delegate* unmanaged<nint, void*, nuint, long*, nuint, int, nint*, nint>)library[OrtFunction.CreateTensorWithDataAsOrtValue])(memory, data, (nuint)bytes, sizes, (nuint)shape.Length, (int)type, &value));
        return value;
    }

    /// <summary>Runs the graph; the outputs are the caller's to release.</summary>
    public nint[] Run(IReadOnlyList<nint> inputs)
    {
        nint[] names = [.. Inputs.Select(i => i.Name).Concat(Outputs).Select(Marshal.StringToCoTaskMemUTF8)], values = [.. inputs], results = new nint[Outputs.Count];
        try
        {
            fixed (nint* name = names, value = values, result = results)
            {
                library.Check(((delegate* unmanaged<nint, nint, byte**, nint*, nuint, byte**, nuint, nint*, nint>)library[OrtFunction.Run])(
                    session, 0, (byte**)name, value, (nuint)values.Length, (byte**)(name + values.Length), (nuint)results.Length, result));
            }
        }
        finally
        {
            foreach (nint name in names)
                Marshal.FreeCoTaskMem(name);
        }

        return results;
    }

    /// <summary>Data and dimensions of a tensor of single precision.</summary>
    public ReadOnlySpan<float> Numbers(nint value, out long[] shape)
    {
        void* data;
        nint info;
        library.Check(((delegate* unmanaged<nint, void**, nint>)library[OrtFunction.GetTensorMutableData])(value, &data));
        library.Check(((delegate* unmanaged<nint, nint*, nint>)library[OrtFunction.GetTensorTypeAndShape])(value, &info));
        (OrtElementType type, shape) = Shape(info);
        library.Release(OrtFunction.ReleaseTensorTypeAndShapeInfo, info);
        if (type != OrtElementType.Float)
            throw new HafsException(ErrorKind.Unsupported, "OnnxLogitsType", $"logits are of type {(int)type}; single precision is needed");
        return new ReadOnlySpan<float>(data, checked((int)shape.Aggregate(1L, (product, size) => product * size)));
    }

    /// <summary>Releases a tensor.</summary>
    public void Release(nint value) => library.Release(OrtFunction.ReleaseValue, value);

    /// <summary>Unloads the graph.</summary>
    public void Dispose()
    {
        library.Release(OrtFunction.ReleaseMemoryInfo, memory);
        library.Release(OrtFunction.ReleaseSession, session);
    }

    private void Append(nint options, OnnxProvider provider)
    {
        if (provider.Export is { } export)
        {
            if (!NativeLibrary.TryGetExport(library.Handle, export, out nint function))
                throw new HafsException(ErrorKind.Unsupported, "OnnxProviderMissing", $"{library.Path}: this build of ONNX Runtime {library.Version} has no provider {provider.Name}", library.Path);
            library.Check(((delegate* unmanaged<nint, int, nint>)function)(options, 0));
        }
        else if (provider.RuntimeName is { } name)
        {
            fixed (byte* pointer = Encoding.UTF8.GetBytes(name + "\0"))
                library.Check(((delegate* unmanaged<nint, byte*, nint, nint, nuint, nint>)library[OrtFunction.SessionOptionsAppendExecutionProvider])(options, pointer, 0, 0, 0));
        }
    }

    private int Count(OrtFunction function)
    {
        nuint count;
        library.Check(((delegate* unmanaged<nint, nuint*, nint>)library[function])(session, &count));
        return (int)count;
    }

    private string Name(OrtFunction function, int index)
    {
        nint allocator;
        byte* text;
        library.Check(((delegate* unmanaged<nint*, nint>)library[OrtFunction.GetAllocatorWithDefaultOptions])(&allocator));
        library.Check(((delegate* unmanaged<nint, nuint, nint, byte**, nint>)library[function])(session, (nuint)index, allocator, &text));
        string name = Marshal.PtrToStringUTF8((nint)text)!;
        library.Check(((delegate* unmanaged<nint, void*, nint>)library[OrtFunction.AllocatorFree])(allocator, text));
        return name;
    }

    private (string Name, OrtElementType Type, long[] Shape) Input(int index)
    {
        nint type, tensor;
        library.Check(((delegate* unmanaged<nint, nuint, nint*, nint>)library[OrtFunction.SessionGetInputTypeInfo])(session, (nuint)index, &type));

        // The second lives as long as the first.
        library.Check(((delegate* unmanaged<nint, nint*, nint>)library[OrtFunction.CastTypeInfoToTensorInfo])(type, &tensor));

        // Sequences and maps are no tensors; nothing that is known here takes them.
        (OrtElementType element, long[] shape) = tensor == 0 ? (OrtElementType.Undefined, []) : Shape(tensor);
        library.Release(OrtFunction.ReleaseTypeInfo, type);
        return (Name(OrtFunction.SessionGetInputName, index), element, shape);
    }

    private (OrtElementType Type, long[] Shape) Shape(nint info)
    {
        int type;
        nuint count;
        library.Check(((delegate* unmanaged<nint, int*, nint>)library[OrtFunction.GetTensorElementType])(info, &type));
        library.Check(((delegate* unmanaged<nint, nuint*, nint>)library[OrtFunction.GetDimensionsCount])(info, &count));
        long[] shape = new long[count];
        fixed (long* sizes = shape)
            library.Check(((delegate* unmanaged<nint, long*, nuint, nint>)library[OrtFunction.GetDimensions])(info, sizes, count));
        return ((OrtElementType)type, shape);
    }
}
