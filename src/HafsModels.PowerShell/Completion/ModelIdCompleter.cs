using HafsModels.Registry;

namespace HafsModels.PowerShell.Completion;

/// <summary>Completes ids of registered models.</summary>
public sealed class ModelIdCompleter : RegistryCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<(string Value, string About)> Candidates(IReadOnlyList<Model> models) =>
        models.Select(m => (m.Id, $"{m.DisplayName}, {m.Role}, {m.BaseModel}"));
}
