using HafsModels.Inference;
using HafsModels.Inference.Onnx;
using HafsModels.Inference.Onnx.Browser;

namespace HafsModels.Exports.Verification;

/// <summary>An export that is being looked into.</summary>
internal sealed class ExportContents : IDisposable
{
    private readonly CancellationToken cancellationToken;
    private (string Weights, TextGenerator Model)? open;

    public ExportContents(string path, ExportFormat format, ExportTestOptions options, IReadOnlyList<string> notes, CancellationToken cancellationToken)
    {
        Path = path;
        Format = format;
        Options = options;
        Notes = notes;
        this.cancellationToken = cancellationToken;
        Files =
        [
            .. Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Select(f => System.IO.Path.GetRelativePath(path, f).Replace('\\', '/'))
                .Where(f => f != ExportManifest.FileName && !System.IO.Path.GetFileName(f).EndsWith(".lock", StringComparison.Ordinal)).Order(StringComparer.Ordinal),
        ];
    }

    /// <summary>Full path of the folder.</summary>
    public string Path { get; }

    /// <summary>Its format.</summary>
    public ExportFormat Format { get; }

    /// <summary>How to look.</summary>
    public ExportTestOptions Options { get; }

    /// <summary>What the export says about itself that the user should know.</summary>
    public IReadOnlyList<string> Notes { get; }

    /// <summary>Its files, with <c>/</c> between folders.</summary>
    public IReadOnlyList<string> Files { get; }

    /// <summary>Stops the work.</summary>
    public CancellationToken Stop => cancellationToken;

    /// <summary>What was asked of the model, and what it answered first.</summary>
    public (string Prompt, string Output) Sample { get; set; } = ("", "");

    /// <summary>What ONNX Runtime showed beside the source.</summary>
    public List<OnnxVerification> Runtime { get; } = [];

    /// <summary>What a browser showed.</summary>
    public List<BrowserResult> Browser { get; } = [];

    /// <summary>What running models showed already, by the hash of their file.</summary>
    public Dictionary<string, ExportRunOutcome> Runs { get; init; } = [];

    /// <summary>Hash of a file where it is known without reading; else null.</summary>
    public Func<string, string?> HashOf { get; init; } = _ => null;

    /// <summary>What can be opened as a model, by a name: GGUF files, or the folder itself.</summary>
    public IReadOnlyList<(string Name, string Path)> Models => Format.WeightFormat == "gguf"
        ? [.. Files.Where(f => Format.Required.Any(r => r.HoldsWeights && r.Matches(f))).Select(f => (f, PathOf(f)))]
        : [(".", Path)];

    /// <summary>Full path of a file.</summary>
    public string PathOf(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>A model of the export, with its weights read; the last one stays open.</summary>
    public TextGenerator Open(string model)
    {
        if (open?.Weights == model)
            return open.Value.Model;
        open?.Model.Dispose();
        open = null;
        open = (model, TextGenerator.Open(model, Options.Threads, cancellationToken));
        return open.Value.Model;
    }

    /// <summary>Closes the model.</summary>
    public void Dispose() => open?.Model.Dispose();
}
