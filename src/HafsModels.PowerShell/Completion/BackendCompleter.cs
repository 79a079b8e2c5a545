using System.Collections;
using HafsModels.Deployment;

namespace HafsModels.PowerShell.Completion;

/// <summary>Completes names of backends.</summary>
public sealed class BackendCompleter : TableCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<(string Value, string About)> Candidates(IDictionary bound) =>
        DeploymentTargets.All.Select(t => (t.Name, t.About));
}
