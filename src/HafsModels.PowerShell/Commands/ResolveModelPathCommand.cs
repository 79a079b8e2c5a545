using System.Management.Automation;
using HafsModels.Transfer;

namespace HafsModels.PowerShell.Commands;

/// <summary><c>Resolve-ModelPath</c>: writes a path as another system spells it.</summary>
[Cmdlet(VerbsDiagnostic.Resolve, "ModelPath")]
[OutputType(typeof(string))]
public sealed class ResolveModelPathCommand : HafsCmdlet
{
    /// <summary>Paths as some system spells them; they need not exist.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, HelpMessage = "Path as some system spells it.")]
    [Alias("FullName")]
    [ValidateNotNullOrEmpty]
    public string[] Path { get; set; } = [];

    /// <summary>How the path is to be spelled.</summary>
    [Parameter(Position = 1, HelpMessage = "How the path is to be spelled.")]
    public PathStyle To { get; set; } = OperatingSystem.IsWindows() ? PathStyle.Windows : PathStyle.Posix;

    /// <summary>How the path is spelled; found out from the path without it.</summary>
    [Parameter(HelpMessage = "How the path is spelled; default: found out.")]
    public PathStyle? From { get; set; }

    /// <summary>Folders of other machines that this one sees, remote path = local path, such as @{ 'D:\models' = '/mnt/rig/models' }; without it, the mounts of sync.toml. Paths within one are written as this machine sees them.</summary>
    [Parameter(HelpMessage = "Folders of other machines that this one sees: remote path = local path; default: those of sync.toml.")]
    public System.Collections.Hashtable? Mount { get; set; }

    /// <summary>Quotes the result for a shell.</summary>
    [Parameter(HelpMessage = "Quote the result for a shell.")]
    public Shell? QuoteFor { get; set; }

    private PathMounts? mounts;

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (string path in Path)
        {
            ForItem(path, () =>
            {
                PortablePath parsed = PortablePath.Parse(path, From ?? PortablePath.Detect(path));
                string written = ((mounts ??= Mounts()).ToLocal(parsed) ?? parsed).Write(To);
                WriteObject(QuoteFor is { } shell ? ShellQuoting.Quote(written, shell) : written);
            });
        }
    }

    // Paths from the pipeline are many, and sync.toml is read once.
    private PathMounts Mounts() => new(Mount is null ? SyncSettings.Load().Mounts : [.. Plain.Table(Mount).Select(m => PathMount.Create(m.Key, Plain.Text(m.Value), m.Key))]);
}
