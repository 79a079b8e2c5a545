using System.Collections;
using HafsModels.Transfer;

namespace HafsModels.PowerShell.Completion;

/// <summary>Completes the hosts of sync.toml.</summary>
public sealed class HostCompleter : TableCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<(string Value, string About)> Candidates(IDictionary bound) =>
        SyncSettings.Load().Hosts.Select(h => (h.Name, $"{h.HostName} ({h.Platform})"));
}
