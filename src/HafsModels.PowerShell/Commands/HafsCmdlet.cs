using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using HafsModels.PowerShell.Errors;
using HafsModels.PowerShell.Pipeline;

namespace HafsModels.PowerShell.Commands;

/// <summary>What every cmdlet of the module does alike: errors per item, paths of the session, work that Ctrl+C stops.</summary>
public abstract class HafsCmdlet : PSCmdlet, IDisposable
{
    private readonly CancellationTokenSource stopping = new();

    private protected HafsCmdlet()
    {
    }

    /// <summary>Cancelled by Ctrl+C.</summary>
    private protected CancellationToken StopToken => stopping.Token;

    /// <summary>Releases what the cmdlet holds.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <inheritdoc/>
    protected override void StopProcessing() => stopping.Cancel();

    /// <summary>Releases what the cmdlet holds.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
            stopping.Dispose();
    }

    /// <summary>Treats one item: an error that the user can cause becomes an error record, and the next item follows.</summary>
    private protected void ForItem(object? item, Action action)
    {
        try
        {
            action();
        }
        catch (OperationCanceledException) when (StopToken.IsCancellationRequested)
        {
            throw new PipelineStoppedException();
        }
        catch (Exception error) when (ErrorRecords.For(error, item) is not null)
        {
            WriteError(ErrorRecords.For(error, item));
        }
    }

    /// <summary>Does long work on a thread of its own; what it emits is written on this one. Returns when the work has ended, also after Ctrl+C.</summary>
    private protected void Perform(Action<WorkFeed> work) => new WorkPump(new CmdletSink(this), TimeProvider.System).Run(work, StopToken);

    /// <summary>What names an adapter: the full path of a folder that is there, else the id of a registered one as it is written.</summary>
    private protected string? AdapterOf(string? written) => written is not null && Directory.Exists(FullPath(written)) ? FullPath(written) : written;

    /// <summary>Full file system path of what the user wrote: relative to the session's location, drives of the session allowed, no wildcards; null for nothing.</summary>
    /// <exception cref="HafsException">The path belongs to a provider other than the file system.</exception>
    [return: NotNullIfNotNull(nameof(path))]
    private protected string? FullPath(string? path)
    {
        if (path is null)
            return null;
        string full = SessionState.Path.GetUnresolvedProviderPathFromPSPath(path, out ProviderInfo provider, out _);
        return provider.Name == "FileSystem"
            ? full
            : throw new HafsException(ErrorKind.InvalidArgument, "NotAFileSystemPath", $"{path} is a path of the {provider.Name} provider; files are needed here", path);
    }
}
