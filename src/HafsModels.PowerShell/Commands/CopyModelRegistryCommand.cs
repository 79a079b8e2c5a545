using System.Management.Automation;
using HafsModels.Registry;

namespace HafsModels.PowerShell.Commands;

/// <summary><c>Copy-ModelRegistry</c>: copies everything to another registry: from files to PostgreSQL, and back.</summary>
[Cmdlet(VerbsCommon.Copy, "ModelRegistry", SupportsShouldProcess = true)]
[OutputType(typeof(RegistryChange))]
public sealed class CopyModelRegistryCommand : RegistryCmdlet
{
    /// <summary>Registry to copy to: a file, or postgres://USER@HOST:PORT/DATABASE.</summary>
    [Parameter(Mandatory = true, Position = 0, HelpMessage = "Registry to copy to: a file, or postgres://USER@HOST:PORT/DATABASE.")]
    [ValidateNotNullOrEmpty]
    public string Destination { get; set; } = "";

    /// <summary>Replaces what the destination holds; a backup of it is kept.</summary>
    [Parameter(HelpMessage = "Replace what the destination holds.")]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => ForItem(Destination, () =>
    {
        ModelRegistry registry = Workbench().Registry;
        string destination = RegistryLocation(Destination);
        IReadOnlyList<RegistryChange> changes = registry.CopyTo(destination, Force, apply: false, StopToken);
        if (ShouldProcess(destination, $"Copy {registry.Path} ({changes.Count} models change)"))
            WriteObject(registry.CopyTo(destination, Force, apply: true, StopToken), enumerateCollection: true);
    });
}
