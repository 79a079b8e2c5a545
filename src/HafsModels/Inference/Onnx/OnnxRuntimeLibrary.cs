using System.Runtime.InteropServices;

namespace HafsModels.Inference.Onnx;

/// <summary>
/// ONNX Runtime's native library, called over its C interface: the file that its NuGet and npm packages carry. Looked for where <c>HAFS_ONNXRUNTIME</c> says (the file or
/// its folder), beside this module, and on the PATH.
/// </summary>
public sealed unsafe class OnnxRuntimeLibrary : IDisposable
{
    /// <summary>Environment variable that names the library or its folder.</summary>
    public const string Variable = "HAFS_ONNXRUNTIME";

    // Everything called here is in the table of version 1.14.
    private const uint ApiVersion = 14;
    private const int Errors = 3;

    private readonly nint handle;
    private readonly void** table;
    private readonly nint environment;

    private OnnxRuntimeLibrary(string path)
    {
        Path = path;
        try
        {
            handle = NativeLibrary.Load(path);
        }
        catch (Exception error) when (error is DllNotFoundException or BadImageFormatException)
        {
            throw new HafsException(ErrorKind.InvalidData, "OnnxRuntimeNotLoaded", $"{path}: could not be loaded: {error.Message}", path, inner: error);
        }

        if (!NativeLibrary.TryGetExport(handle, "OrtGetApiBase", out nint entry))
            throw new HafsException(ErrorKind.InvalidData, "OnnxRuntimeNotLoaded", $"{path}: is no ONNX Runtime: it has no function OrtGetApiBase", path);
        var interfaces = (void**)((delegate* unmanaged<nint>)entry)();
        Version = Marshal.PtrToStringUTF8(((delegate* unmanaged<nint>)interfaces[1])()) ?? "";
        table = (void**)((delegate* unmanaged<uint, nint>)interfaces[0])(ApiVersion);
        if (table is null)
            throw new HafsException(ErrorKind.Unsupported, "OnnxRuntimeTooOld", $"{path}: ONNX Runtime {Version} is older than 1.{ApiVersion}", path, "Install a newer one, or name one in " + Variable + ".");
        nint created;
        fixed (byte* name = "hafs\0"u8)
            Check(((delegate* unmanaged<int, byte*, nint*, nint>)this[OrtFunction.CreateEnv])(Errors, name, &created));
        environment = created;
    }

    /// <summary>Full path of the library.</summary>
    public string Path { get; }

    /// <summary>Its version, such as <c>1.30.0</c>.</summary>
    public string Version { get; }

    internal nint Environment => environment;

    internal nint Handle => handle;

    internal void* this[OrtFunction function] => table[(int)function];

    /// <summary>Loads the library.</summary>
    /// <param name="path">The file or its folder; null to look for it.</param>
    /// <exception cref="HafsException">It is not there, or is another library.</exception>
    public static OnnxRuntimeLibrary Load(string? path = null) => new(path is null ? Find() ?? throw NotFound() : InFolder(path) ?? throw NotFound(path));

    /// <summary>Full path of the library that would be loaded, or null.</summary>
    public static string? Find()
    {
        if (System.Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } stated)
            return InFolder(stated) ?? throw NotFound(stated);
        string module = System.IO.Path.GetDirectoryName(typeof(OnnxRuntimeLibrary).Assembly.Location) is { Length: > 0 } folder ? folder : AppContext.BaseDirectory;
        IEnumerable<string> folders =
        [
            module,
            System.IO.Path.Combine(module, "runtimes", RuntimeInformation.RuntimeIdentifier, "native"),
            .. (System.Environment.GetEnvironmentVariable("PATH") ?? "").Split(System.IO.Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries),
            .. OperatingSystem.IsWindows() ? [] : (string[])["/usr/local/lib", "/usr/lib", $"/usr/lib/{(RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "aarch64" : "x86_64")}-linux-gnu", "/opt/homebrew/lib"],
        ];
        return folders.Select(InFolder).FirstOrDefault(found => found is not null);
    }

    /// <summary>Unloads it; every session must be closed.</summary>
    public void Dispose()
    {
        Release(OrtFunction.ReleaseEnv, environment);
        NativeLibrary.Free(handle);
    }

    /// <summary>Turns a status into an error.</summary>
    internal void Check(nint status)
    {
        if (status == 0)
            return;
        string message = Marshal.PtrToStringUTF8((nint)((delegate* unmanaged<nint, byte*>)this[OrtFunction.GetErrorMessage])(status)) ?? "no reason was given";
        Release(OrtFunction.ReleaseStatus, status);
        throw new HafsException(ErrorKind.InvalidData, "OnnxRuntimeError", $"ONNX Runtime {Version}: {message}");
    }

    internal void Release(OrtFunction function, nint pointer) => ((delegate* unmanaged<nint, void>)this[function])(pointer);

    private static string? InFolder(string path)
    {
        if (File.Exists(path))
            return System.IO.Path.GetFullPath(path);
        if (!Directory.Exists(path))
            return null;
        string[] patterns = OperatingSystem.IsWindows() ? ["onnxruntime.dll"] : OperatingSystem.IsMacOS() ? ["libonnxruntime.dylib", "libonnxruntime.*.dylib"] : ["libonnxruntime.so", "libonnxruntime.so.*"];
        try
        {
            return patterns.SelectMany(p => Directory.EnumerateFiles(path, p).Order(StringComparer.Ordinal)).Select(System.IO.Path.GetFullPath).FirstOrDefault();
        }
        catch (UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static HafsException NotFound(string? path = null) => new(
        ErrorKind.NotFound,
        "OnnxRuntimeNotFound",
        path is null ? "ONNX Runtime is not installed: no libonnxruntime lies beside the module or on the PATH" : $"{path}: there is no libonnxruntime",
        path,
        $"The packages onnxruntime-node (npm) and Microsoft.ML.OnnxRuntime (NuGet) carry it; {Variable} names the file or its folder.");
}
