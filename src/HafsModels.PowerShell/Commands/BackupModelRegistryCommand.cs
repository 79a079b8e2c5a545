using System.Management.Automation;
using HafsModels.Registry;

namespace HafsModels.PowerShell.Commands;

/// <summary><c>Backup-ModelRegistry</c>: copies the registry and its sidecar to where no later write drops them.</summary>
[Cmdlet(VerbsData.Backup, "ModelRegistry", SupportsShouldProcess = true)]
[OutputType(typeof(RegistryBackup), typeof(FileInfo))]
public sealed class BackupModelRegistryCommand : RegistryCmdlet
{
    /// <summary>File to write; its sidecar comes beside it. Without it the copy lies among the rolling backups and is never dropped.</summary>
    [Parameter(Position = 0, HelpMessage = "File to write; default: among the rolling backups.")]
    [Alias("OutFile")]
    [ValidateNotNullOrEmpty]
    public string? OutputPath { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => ForItem(Registry, () =>
    {
        string? target = FullPath(OutputPath);
        Workbench workbench = Workbench();
        if (ShouldProcess(workbench.RegistryPath, target is null ? "Back up" : $"Back up to {target}"))
        {
            string made = workbench.Registry.Backup(target, StopToken);
            WriteObject(target is null ? workbench.Registry.Backups().First(b => b.Path == made) : new FileInfo(made));
        }
    });
}
