using System.Management.Automation;

namespace HafsModels.PowerShell.Commands;

/// <summary>A cmdlet that works with a registry.</summary>
public abstract class RegistryCmdlet : HafsCmdlet
{
    private protected RegistryCmdlet()
    {
    }

    /// <summary>
    /// Registry file, or postgres://USER@HOST:PORT/DATABASE. Objects of the module carry the one they came from, so a pipeline stays with it.
    /// Without it, the environment variable HAFS_REGISTRY names it, else it is ~/.context/models/registry.json.
    /// </summary>
    [Parameter(ValueFromPipelineByPropertyName = true, HelpMessage = "Registry file or postgres:// address; default: HAFS_REGISTRY, else ~/.context/models/registry.json.")]
    public string? Registry { get; set; }

    /// <summary>The straight path over <see cref="Registry"/>; made for each item, because each may name another.</summary>
    private protected Workbench Workbench() => new(string.IsNullOrEmpty(Registry) ? null : RegistryLocation(Registry));

    /// <summary>A registry as the core names it: an address stays, a path becomes a full one.</summary>
    private protected string RegistryLocation(string named) => named.Contains("://", StringComparison.Ordinal) ? named : FullPath(named);
}
