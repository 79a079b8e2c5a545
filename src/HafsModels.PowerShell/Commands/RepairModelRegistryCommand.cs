using System.Management.Automation;
using HafsModels.Registry;

namespace HafsModels.PowerShell.Commands;

/// <summary><c>Repair-ModelRegistry</c>: makes the registry load in hafs again; what hafs cannot have moves to the sidecar.</summary>
[Cmdlet(VerbsDiagnostic.Repair, "ModelRegistry", SupportsShouldProcess = true)]
[OutputType(typeof(RegistryProblem))]
public sealed class RepairModelRegistryCommand : RegistryCmdlet
{
    /// <inheritdoc/>
    protected override void ProcessRecord() => ForItem(Registry, () =>
    {
        ModelRegistry registry = Workbench().Registry;
        IReadOnlyList<RegistryProblem> found = registry.Repair(apply: false, StopToken);
        foreach (RegistryProblem left in registry.Problems.Except(found))
            WriteWarning(left.Message);
        if (found.Count == 0)
        {
            WriteVerbose($"{registry.Path}: nothing to mend");
            return;
        }

        if (ShouldProcess(registry.Path, $"Mend {found.Count} problems ({string.Join("; ", found.Take(3).Select(p => p.Message))}{(found.Count > 3 ? "; …" : "")})"))
            WriteObject(registry.Repair(apply: true, StopToken), enumerateCollection: true);
    });
}
