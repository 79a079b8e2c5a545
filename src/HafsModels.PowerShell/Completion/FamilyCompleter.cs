using HafsModels.Registry;

namespace HafsModels.PowerShell.Completion;

/// <summary>Completes families of which registered models are versions.</summary>
public sealed class FamilyCompleter : RegistryCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<(string Value, string About)> Candidates(IReadOnlyList<Model> models) =>
        models.Select(m => (m.Family, $"family of {m.Id}"));
}
