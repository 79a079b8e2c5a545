using System.Management.Automation;
using System.Runtime.CompilerServices;
using HafsModels.PowerShell.Errors;
using HafsModels.PowerShell.Pipeline;

namespace HafsModels.PowerShell.Commands;

/// <summary>The streams of a cmdlet.</summary>
internal sealed class CmdletSink(Cmdlet cmdlet) : IPipelineSink
{
    // Bars of cmdlets that work at the same time (one pipeline, or ForEach-Object -Parallel) must differ, and each keeps its own.
    private readonly int activityId = RuntimeHelpers.GetHashCode(cmdlet) & int.MaxValue;

    public void Output(object value) => cmdlet.WriteObject(value);

    public void Warning(string text) => cmdlet.WriteWarning(text);

    public void Error(Exception error, object? item) => cmdlet.WriteError(ErrorRecords.For(error, item) ?? new ErrorRecord(error, "Unexpected", ErrorCategory.NotSpecified, item));

    public void Verbose(string text) => cmdlet.WriteVerbose(text);

    public void Progress(ProgressDrawing drawing) => cmdlet.WriteProgress(new ProgressRecord(activityId, drawing.Activity, drawing.Status)
    {
        PercentComplete = drawing.Percent,
        SecondsRemaining = drawing.SecondsRemaining,
        RecordType = drawing.IsCompleted ? ProgressRecordType.Completed : ProgressRecordType.Processing,
    });
}
