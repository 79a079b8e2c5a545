using HafsModels.Registry;

namespace HafsModels.PowerShell.Completion;

/// <summary>Completes tags that registered models carry.</summary>
public sealed class TagCompleter : RegistryCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<(string Value, string About)> Candidates(IReadOnlyList<Model> models) =>
        models.SelectMany(m => m.Tags).Select(t => (t, ""));
}
