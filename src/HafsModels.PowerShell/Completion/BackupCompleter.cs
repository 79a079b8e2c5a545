using System.Collections;
using System.Globalization;

namespace HafsModels.PowerShell.Completion;

/// <summary>Completes backups of the registry that the command line names.</summary>
public sealed class BackupCompleter : TableCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<(string Value, string About)> Candidates(IDictionary bound)
    {
        ArgumentNullException.ThrowIfNull(bound);
        return new Workbench(bound["Registry"] as string).Registry.Backups()
            .Select(b => (b.Path, string.Create(CultureInfo.InvariantCulture, $"{b.CreatedAt.LocalDateTime:yyyy-MM-dd HH:mm:ss}, {b.Models} models")));
    }
}
