namespace HafsModels.Exports.Verification;

/// <summary>How to look into an export.</summary>
public sealed record ExportTestOptions
{
    /// <summary>Name of the format; null for what the folder says of itself, or shows.</summary>
    public string? Format { get; init; }

    /// <summary>What is asked of the model; null for a few plain words.</summary>
    public string? Prompt { get; init; }

    /// <summary>Most tokens of the answer.</summary>
    public int MaxTokens { get; init; } = 16;

    /// <summary>How many times the model is asked; the answers must be the same.</summary>
    public int Repeats { get; init; } = 2;

    /// <summary>Do not run the model: its weights are not read.</summary>
    public bool SkipRun { get; init; }

    /// <summary>Folder of the checkpoint that an ONNX export was made from, to compare with; null for none.</summary>
    public string? SourcePath { get; init; }

    /// <summary>Where ONNX Runtime computes: Cpu, Cuda, DirectMl or WebGpu.</summary>
    public string Provider { get; init; } = "Cpu";

    /// <summary>Devices of a browser that an ONNX export is run on: <c>wasm</c>, <c>webgpu</c>.</summary>
    public IReadOnlyList<string> Devices { get; init; } = [];

    /// <summary>File that takes a picture of the browser's page, or null.</summary>
    public string? ScreenshotPath { get; init; }

    /// <summary>Worker threads; 0 for one a processor.</summary>
    public int Threads { get; init; }
}
