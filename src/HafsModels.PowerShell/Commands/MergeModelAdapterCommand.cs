using System.Globalization;
using System.Management.Automation;
using HafsModels.Conversion;
using HafsModels.PowerShell.Completion;
using HafsModels.Registry;
using HafsModels.Tensors;

namespace HafsModels.PowerShell.Commands;

/// <summary><c>Merge-ModelAdapter</c>: a base model and a LoRA adapter become one checkpoint.</summary>
[Cmdlet(VerbsData.Merge, "ModelAdapter", SupportsShouldProcess = true, DefaultParameterSetName = ModelSet)]
[OutputType(typeof(Model))]
public sealed class MergeModelAdapterCommand : ModelSourceCmdlet
{
    /// <summary>Folder of the adapter, or the id of a registered one; not needed where the model is the adapter itself.</summary>
    [Parameter(HelpMessage = "Folder or id of the adapter; not needed where the model is the adapter itself.")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ModelIdCompleter))]
    public string? Adapter { get; set; }

    /// <summary>Folder to write the merged checkpoint to. It appears whole or not at all.</summary>
    [Parameter(Mandatory = true, Position = 1, HelpMessage = "Folder to write the merged checkpoint to.")]
    [ValidateNotNullOrEmpty]
    public string OutputPath { get; set; } = "";

    /// <summary>Type of the weights: BF16, F16 or F32; without it each tensor keeps the base model's.</summary>
    [Parameter(HelpMessage = "BF16, F16 or F32; default: the base model's types.")]
    [ValidateSet("BF16", "F16", "F32")]
    public string? DataType { get; set; }

    /// <summary>Most bytes of tensors in one weight file, such as 2GB; more are shared out over several files with an index.</summary>
    [Parameter(HelpMessage = "Most bytes of tensors in one weight file; default: 5,000,000,000.")]
    [ValidateRange(1, long.MaxValue)]
    public long MaxShardSize { get; set; } = MergeRequest.DefaultShardBytes;

    /// <summary>Id under which the merged model is registered; the folder's name with -Id. With -Path it is registered only when this is given.</summary>
    [Parameter(HelpMessage = "Id of the merged model; default with -Id: the folder's name.")]
    [ValidateNotNullOrEmpty]
    public string? NewId { get; set; }

    /// <summary>Worker threads; 0 means one a processor.</summary>
    [Parameter(HelpMessage = "Worker threads; 0: one a processor.")]
    [ValidateRange(0, 1024)]
    public int Threads { get; set; }

    /// <summary>Replaces a checkpoint that is in the folder, and the record that has the id.</summary>
    [Parameter(HelpMessage = "Replace a checkpoint in the folder, and the record that has the id.")]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => ForItem(Id ?? Path, () =>
    {
        var request = new MergeRequest
        {
            ModelId = SourceId,
            Path = SourcePath,
            Adapter = AdapterOf(Adapter),
            OutputPath = FullPath(OutputPath),
            NewId = NewId,
            DataType = DataType is null ? null : Enum.Parse<ElementType>(DataType, ignoreCase: true),
            MaxShardBytes = MaxShardSize,
            Threads = Threads,
            Force = Force,
        };
        Workbench workbench = Workbench();
        string what = Sentence(workbench.PlanMerge(request));
        if (ShouldProcess(what + ".", what + "?", "Merge-ModelAdapter"))
            Perform(feed => feed.Output(workbench.Merge(request, feed, feed.Stop)));
    });

    private string Sentence(MergePlan plan)
    {
        string exists = !plan.OutputExists ? "" : Force ? ", replacing the checkpoint that exists" : ", which exists already (needs -Force)";
        string registered = plan.NewId is null ? "" : $", registered as '{plan.NewId}'";
        return string.Create(CultureInfo.InvariantCulture,
            $"Write {plan.OutputBytes:N0} bytes to {plan.OutputPath}{exists}{registered}: {plan.ParameterCount:N0} parameters in {plan.TensorCount} tensors and {plan.ShardCount} weight files as {plan.DataType}, "
            + $"{plan.MergedCount} of them merged and {plan.ReplacedCount} replaced by {plan.AdapterPath}, the rest from {plan.BasePath}");
    }
}
