using System.Globalization;
using System.Management.Automation;
using HafsModels.Conversion;

namespace HafsModels.PowerShell.Commands;

/// <summary>A cmdlet that writes GGUF files whose tensors are copied.</summary>
public abstract class GgufFileCmdlet : HafsCmdlet
{
    private protected GgufFileCmdlet()
    {
    }

    /// <summary>Replaces files that exist.</summary>
    [Parameter(HelpMessage = "Replace files that exist.")]
    public SwitchParameter Force { get; set; }

    /// <summary>Asks, does the work, and emits the files.</summary>
    /// <param name="what">What is done, such as <c>Merge 3 files</c>.</param>
    /// <param name="passThru">Whether the files are emitted.</param>
    /// <param name="open">Plans the work.</param>
    private protected void Write(string what, bool passThru, Func<GgufFileJob> open)
    {
        using GgufFileJob job = open();
        string exists = job.Existing.Count == 0 ? "" : Force ? $", replacing {job.Existing.Count} that exist" : $"; {job.Existing[0]} exists already (needs -Force)";
        string first = job.Files[0].Path, files = job.Files.Count == 1 ? first : string.Create(CultureInfo.InvariantCulture, $"{job.Files.Count} files from {first} on");
        string sentence = string.Create(CultureInfo.InvariantCulture, $"{what} of {job.SourcePath}: write {job.OutputBytes:N0} bytes to {files}{exists}");
        if (!ShouldProcess(sentence + ".", sentence + "?", MyInvocation.MyCommand.Name))
            return;
        Perform(feed =>
        {
            job.Run(Force, feed, feed.Stop);
            foreach (string path in passThru ? job.Files.Select(f => f.Path) : [])
                feed.Output(new FileInfo(path));
        });
    }
}
