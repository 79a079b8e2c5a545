using HafsModels.Registry;

namespace HafsModels.PowerShell.Completion;

/// <summary>Completes base models that registered models have.</summary>
public sealed class BaseModelCompleter : RegistryCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<(string Value, string About)> Candidates(IReadOnlyList<Model> models) =>
        models.Select(m => (m.BaseModel, "")).Where(c => c.Item1.Length > 0);
}
