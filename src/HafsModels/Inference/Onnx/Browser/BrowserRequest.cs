namespace HafsModels.Inference.Onnx.Browser;

/// <summary>What to run in a browser.</summary>
public sealed record BrowserRequest
{
    /// <summary>Folder that Transformers.js loads.</summary>
    public required string Folder { get; init; }

    /// <summary>Types, such as <c>q4</c>; they run one after the other in one page.</summary>
    public required IReadOnlyList<string> DataTypes { get; init; }

    /// <summary><c>wasm</c> or <c>webgpu</c>.</summary>
    public string Device { get; init; } = "wasm";

    /// <summary>Text to continue.</summary>
    public string Prompt { get; init; } = "Once upon a time";

    /// <summary>Most new tokens.</summary>
    public int MaxTokens { get; init; } = 16;

    /// <summary>Folder of an installed npm package @huggingface/transformers; null for <c>HAFS_TRANSFORMERS_JS</c>, else version 4 from the network.</summary>
    public string? LibraryFolder { get; init; }

    /// <summary>Chromium, Chrome or Edge; null for <c>HAFS_BROWSER</c>, else the first one that is installed.</summary>
    public string? BrowserPath { get; init; }

    /// <summary>File that takes a picture (PNG) of the page at the end, or null.</summary>
    public string? ScreenshotPath { get; init; }

    /// <summary>When to give up.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(10);
}
