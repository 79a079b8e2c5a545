using System.Globalization;
using System.Management.Automation;
using HafsModels.Conversion;
using HafsModels.PowerShell.Completion;
using HafsModels.Registry;

namespace HafsModels.PowerShell.Commands;

/// <summary><c>ConvertTo-GgufAdapter</c>: writes a LoRA adapter as the GGUF file that llama.cpp loads beside a base model.</summary>
[Cmdlet(VerbsData.ConvertTo, "GgufAdapter", SupportsShouldProcess = true, DefaultParameterSetName = ModelSet)]
[OutputType(typeof(Artifact))]
public sealed class ConvertToGgufAdapterCommand : RegistryCmdlet
{
    private const string ModelSet = "Model", PathSet = "Path";

    /// <summary>Id of a registered adapter. The result is recorded with it.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = ModelSet, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, HelpMessage = "Id of a registered adapter.")]
    [Alias("ModelId")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ModelIdCompleter))]
    public string? Id { get; set; }

    /// <summary>Folder of an adapter that need not be registered. Taken as it is written: no wildcards.</summary>
    [Parameter(Mandatory = true, ParameterSetName = PathSet, ValueFromPipelineByPropertyName = true, HelpMessage = "Folder of an adapter.")]
    [Alias("LiteralPath", "PSPath")]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

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
        bool byId = ParameterSetName == ModelSet;
        var request = new AdapterConvertRequest
        {
            ModelId = byId ? Id : null,
            Path = byId ? null : FullPath(Path!),
            BasePath = BasePath is null ? null : FullPath(BasePath),
            DataType = DataType,
            OutputPath = OutputPath is null ? null : FullPath(OutputPath),
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
