using System.Globalization;
using System.Management.Automation;
using HafsModels.Conversion;
using HafsModels.PowerShell.Completion;
using HafsModels.Registry;

namespace HafsModels.PowerShell.Commands;

/// <summary><c>ConvertTo-GgufAdapter</c>: writes a LoRA adapter as the GGUF file that llama.cpp loads beside a base model.</summary>
[Cmdlet(VerbsData.ConvertTo, "GgufAdapter", SupportsShouldProcess = true, DefaultParameterSetName = ModelSet)]
[OutputType(typeof(Artifact))]
public sealed class ConvertToGgufAdapterCommand : ModelSourceCmdlet
{
    /// <summary>Folder of the base model; without it, the registered model, folder or neighbour that the adapter's own settings name.</summary>
    [Parameter(HelpMessage = "Folder of the base model; default: the one that the adapter names.")]
    [ValidateNotNullOrEmpty]
    public string? BasePath { get; set; }

    /// <summary>Type of the adapter's matrices: F32, F16, BF16 or Q8_0. Rows that are not whole blocks of Q8_0 are stored as F16.</summary>
    [Parameter(Position = 1, HelpMessage = "F32, F16, BF16 or Q8_0.")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(DataTypeCompleter))]
    public string DataType { get; set; } = "F32";

    /// <summary>File to write, or the folder to write to; NAME-TYPE-adapter.gguf in the adapter's folder without it.</summary>
    [Parameter(HelpMessage = "File to write, or a folder; default: NAME-TYPE-adapter.gguf in the adapter's folder.")]
    [Alias("OutFile")]
    [ValidateNotNullOrEmpty]
    public string? OutputPath { get; set; }

    /// <summary>Worker threads; 0 means one a processor.</summary>
    [Parameter(HelpMessage = "Worker threads; 0: one a processor.")]
    [ValidateRange(0, 1024)]
    public int Threads { get; set; }

    /// <summary>Replaces a file that exists.</summary>
    [Parameter(HelpMessage = "Replace a file that exists.")]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => ForItem(Id ?? Path, () =>
    {
        var request = new AdapterConvertRequest
        {
            ModelId = SourceId,
            Path = SourcePath,
            BasePath = FullPath(BasePath),
            DataType = DataType,
            OutputPath = FullPath(OutputPath),
            Threads = Threads,
            Force = Force,
        };
        Workbench workbench = Workbench();
        ConversionPlan plan = workbench.PlanAdapterConversion(request);
        string exists = !plan.OutputExists ? "" : Force ? ", replacing the file that exists" : ", which exists already (needs -Force)";
        string what = string.Create(CultureInfo.InvariantCulture,
            $"Write {plan.OutputBytes:N0} bytes to {plan.OutputPath}{exists}: an adapter for {plan.Family} with {plan.ParameterCount:N0} parameters in {plan.TensorCount} tensors as {plan.Quantization}, from {plan.Source}");
        if (ShouldProcess(what + ".", what + "?", "ConvertTo-GgufAdapter"))
            Perform(feed => feed.Output(workbench.ConvertAdapter(request, feed, feed.Stop)));
    });
}
