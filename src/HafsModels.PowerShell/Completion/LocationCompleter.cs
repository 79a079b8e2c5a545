using HafsModels.Registry;

namespace HafsModels.PowerShell.Completion;

/// <summary>Completes locations: the usual ones and those of registered models.</summary>
public sealed class LocationCompleter : RegistryCompleter
{
    private static readonly string[] Usual = ["windows", "mac", "cloud", "halext"];

    /// <inheritdoc/>
    protected override IEnumerable<(string Value, string About)> Candidates(IReadOnlyList<Model> models) =>
        Usual.Concat(models.SelectMany(m => m.Locations.Keys)).Select(l => (l, ""));
}
