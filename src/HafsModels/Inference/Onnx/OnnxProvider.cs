namespace HafsModels.Inference.Onnx;

/// <summary>Where ONNX Runtime computes.</summary>
/// <param name="Name">Name, as the user gives it.</param>
/// <param name="RuntimeName">Name that the general function for providers takes; null when the library has a function of its own, or needs none.</param>
/// <param name="Export">Name of that function; takes session options and a device number.</param>
public sealed record OnnxProvider(string Name, string? RuntimeName, string? Export)
{
    /// <summary>Every provider that can be asked for; whether the library has it, it says itself.</summary>
    public static IReadOnlyList<OnnxProvider> All { get; } =
    [
        new("Cpu", null, null),
        new("Cuda", null, "OrtSessionOptionsAppendExecutionProvider_CUDA"),
        new("DirectMl", null, "OrtSessionOptionsAppendExecutionProvider_DML"),
        new("WebGpu", "WebGPU", null),
    ];

    /// <summary>The provider of a name, in any case.</summary>
    /// <exception cref="HafsException">There is none.</exception>
    public static OnnxProvider Get(string name) => All.FirstOrDefault(p => string.Equals(p.Name, name, StringComparison.OrdinalIgnoreCase)) ?? throw new HafsException(
        ErrorKind.InvalidArgument, "UnknownOnnxProvider", $"{name} is no provider of ONNX Runtime that is known here; there are {string.Join(", ", All.Select(p => p.Name))}", name);
}
