namespace HafsModels.Inference.Onnx.Browser;

/// <summary>What a model did in a browser, as the test page measured it.</summary>
public sealed record BrowserResult
{
    /// <summary><c>wasm</c> or <c>webgpu</c>.</summary>
    public required string Device { get; init; }

    /// <summary>Type, such as <c>q4</c>.</summary>
    public required string DataType { get; init; }

    /// <summary>Whether the model was loaded and continued the prompt.</summary>
    public bool Ran => Error.Length == 0;

    /// <summary>Why it did not; empty when it did.</summary>
    public string Error { get; init; } = "";

    /// <summary>The prompt.</summary>
    public string Prompt { get; init; } = "";

    /// <summary>Its tokens, by Transformers.js.</summary>
    public IReadOnlyList<int> PromptTokens { get; init; } = [];

    /// <summary>The tokens that continue it greedily.</summary>
    public IReadOnlyList<int> Tokens { get; init; } = [];

    /// <summary>Their text.</summary>
    public string Text { get; init; } = "";

    /// <summary>From the first request to a loaded model, milliseconds.</summary>
    public double? LoadMilliseconds { get; init; }

    /// <summary>From the prompt to the first token, milliseconds.</summary>
    public double? FirstTokenMilliseconds { get; init; }

    /// <summary>Tokens a second after the first.</summary>
    public double? TokensPerSecond { get; init; }

    /// <summary>Memory of the page, where the browser tells it, bytes; a graphics card's is not in it.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>Version of Transformers.js.</summary>
    public string LibraryVersion { get; init; } = "";

    /// <summary>Version of ONNX Runtime in it.</summary>
    public string RuntimeVersion { get; init; } = "";

    /// <summary>Threads of WASM.</summary>
    public int? Threads { get; init; }

    /// <summary>The WebGPU adapter, or empty.</summary>
    public string Adapter { get; init; } = "";

    /// <summary>Whether the adapter computes in half precision.</summary>
    public bool HalfPrecision { get; init; }

    /// <summary>What the browser calls itself.</summary>
    public string UserAgent { get; init; } = "";

    /// <summary>Full path of the picture, or empty.</summary>
    public string ScreenshotPath { get; init; } = "";
}
