using System.Management.Automation;
using HafsModels.PowerShell.Completion;
using HafsModels.Registry;

namespace HafsModels.PowerShell.Commands;

/// <summary><c>Restore-ModelRegistry</c>: goes back to a backup. The state it replaces is backed up in turn, damaged or not.</summary>
[Cmdlet(VerbsData.Restore, "ModelRegistry", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(RegistryChange))]
public sealed class RestoreModelRegistryCommand : RegistryCmdlet
{
    /// <summary>The backup's registry file, as Get-ModelRegistryBackup names it; the newest that can be read without it.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true, HelpMessage = "Backup to go back to; default: the newest that can be read.")]
    [Alias("LiteralPath")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(BackupCompleter))]
    public string? Path { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => ForItem(Path ?? Registry, () =>
    {
        string? from = Path is null ? null : RegistryLocation(Path);
        ModelRegistry registry = Workbench().Registry;
        IReadOnlyList<RegistryChange> changes = registry.Restore(from, apply: false, StopToken);
        string what = changes.Count == 0 ? "nothing changes" : string.Join(", ", changes.GroupBy(c => c.Kind).Select(g => $"{g.Count()} {g.Key.ToString().ToLowerInvariant()}"));
        if (ShouldProcess(registry.Path, $"Restore {from ?? "the newest backup"} ({what})"))
            WriteObject(registry.Restore(from, apply: true, StopToken), enumerateCollection: true);
    });
}
