using HafsModels.Registry;

namespace HafsModels.PowerShell.Completion;

/// <summary>Completes roles that registered models have.</summary>
public sealed class RoleCompleter : RegistryCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<(string Value, string About)> Candidates(IReadOnlyList<Model> models) =>
        models.Select(m => (m.Role, "")).Where(c => c.Item1.Length > 0);
}
