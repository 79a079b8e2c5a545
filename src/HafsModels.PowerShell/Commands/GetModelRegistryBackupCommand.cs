using System.Management.Automation;
using HafsModels.Registry;

namespace HafsModels.PowerShell.Commands;

/// <summary><c>Get-ModelRegistryBackup</c>: backups of the registry, newest first, each with what changed after it.</summary>
[Cmdlet(VerbsCommon.Get, "ModelRegistryBackup")]
[OutputType(typeof(RegistryBackup))]
public sealed class GetModelRegistryBackupCommand : RegistryCmdlet
{
    /// <inheritdoc/>
    protected override void ProcessRecord() => ForItem(Registry, () => WriteObject(Workbench().Registry.Backups(), enumerateCollection: true));
}
