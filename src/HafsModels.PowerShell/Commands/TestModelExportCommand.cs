using System.Management.Automation;
using HafsModels.Exports.Verification;
using HafsModels.PowerShell.Completion;

namespace HafsModels.PowerShell.Commands;

/// <summary><c>Test-ModelExport</c>: looks into the folder of an export.</summary>
[Cmdlet(VerbsDiagnostic.Test, "ModelExport")]
[OutputType(typeof(ExportVerification), typeof(bool))]
public sealed class TestModelExportCommand : HafsCmdlet
{
    /// <summary>Folder of an export in one format. Taken as it is written: no wildcards.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, HelpMessage = "Folder of an export.")]
    [Alias("OutputPath", "LiteralPath", "PSPath", "FullName")]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    /// <summary>Format, where the folder does not show it.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, HelpMessage = "Format, where the folder does not show it.")]
    [ArgumentCompleter(typeof(ExportFormatCompleter))]
    public string? Format { get; set; }

    /// <summary>What is asked of the model, in place of a few plain words.</summary>
    [Parameter(HelpMessage = "What is asked of the model.")]
    [ValidateNotNullOrEmpty]
    public string? Prompt { get; set; }

    /// <summary>Most tokens of the answer.</summary>
    [Parameter(HelpMessage = "Most tokens of the answer.")]
    [ValidateRange(1, 4096)]
    public int MaxTokens { get; set; } = 16;

    /// <summary>How many times the model is asked; the answers must be the same.</summary>
    [Parameter(HelpMessage = "How many times the model is asked.")]
    [ValidateRange(1, 100)]
    public int Repeat { get; set; } = 2;

    /// <summary>Does not run the model: its weights are not read.</summary>
    [Parameter(HelpMessage = "Do not run the model.")]
    public SwitchParameter SkipRun { get; set; }

    /// <summary>Folder of the checkpoint that an ONNX export was made from: logits and greedy tokens of both are compared.</summary>
    [Parameter(HelpMessage = "Checkpoint that an ONNX export was made from, to compare with.")]
    [ValidateNotNullOrEmpty]
    public string? SourcePath { get; set; }

    /// <summary>Where ONNX Runtime computes: Cpu, Cuda, DirectMl or WebGpu.</summary>
    [Parameter(HelpMessage = "Where ONNX Runtime computes: Cpu, Cuda, DirectMl, WebGpu.")]
    [ValidateSet("Cpu", "Cuda", "DirectMl", "WebGpu")]
    public string Provider { get; set; } = "Cpu";

    /// <summary>Also runs an ONNX export in a browser without a window: Chromium, Chrome or Edge, with Transformers.js.</summary>
    [Parameter(HelpMessage = "Also run an ONNX export in a browser.")]
    public SwitchParameter Browser { get; set; }

    /// <summary>What it runs on in a browser: Wasm, WebGpu, or both.</summary>
    [Parameter(HelpMessage = "Wasm, WebGpu, or both.")]
    [ValidateSet("Wasm", "WebGpu")]
    public string[] Device { get; set; } = ["Wasm"];

    /// <summary>File that takes a picture (PNG) of the browser's page.</summary>
    [Parameter(HelpMessage = "File that takes a picture (PNG) of the browser's page.")]
    [ValidateNotNullOrEmpty]
    public string? ScreenshotPath { get; set; }

    /// <summary>Worker threads; 0 means one a processor.</summary>
    [Parameter(HelpMessage = "Worker threads; 0: one a processor.")]
    [ValidateRange(0, 1024)]
    public int Threads { get; set; }

    /// <summary>Returns true when everything is as it must be, else false, in place of an object that says what was found.</summary>
    [Parameter(HelpMessage = "Return true or false.")]
    public SwitchParameter Quiet { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => ForItem(Path, () =>
    {
        string path = FullPath(Path);
        var options = new ExportTestOptions
        {
            Format = string.IsNullOrEmpty(Format) ? null : Format,
            Prompt = Prompt,
            MaxTokens = MaxTokens,
            Repeats = Repeat,
            SkipRun = SkipRun,
            SourcePath = FullPath(SourcePath),
            Provider = Provider,
            Devices = Browser ? [.. Device.Select(d => d.ToLowerInvariant())] : [],
            ScreenshotPath = FullPath(ScreenshotPath),
            Threads = Threads,
        };
        Perform(feed =>
        {
            ExportVerification verification = HafsModels.Workbench.TestExport(path, options, feed, feed.Stop);
            feed.Output(Quiet ? verification.Passed : verification);
        });
    });
}
