using System.Management.Automation;

namespace HafsModels.PowerShell.Commands;

/// <summary>A cmdlet that works with a registry.</summary>
public abstract class RegistryCmdlet : HafsCmdlet
{
    private protected RegistryCmdlet()
    {
    }

    /// <summary>
    /// Registry file. Objects of the module carry the one they came from, so a pipeline stays with it. Without it, the environment variable
    /// HAFS_REGISTRY names the file, else it is ~/.context/models/registry.json.
    /// </summary>
    [Parameter(ValueFromPipelineByPropertyName = true, HelpMessage = "Registry file; default: HAFS_REGISTRY, else ~/.context/models/registry.json.")]
    public string? Registry { get; set; }

    /// <summary>The straight path over <see cref="Registry"/>; made for each item, because each may name another.</summary>
    private protected Workbench Workbench() => new(RegistryLocation());

    // An address of another kind of registry is no path; the core says what it makes of it.
    private string? RegistryLocation() =>
        string.IsNullOrEmpty(Registry) ? null : Registry.Contains("://", StringComparison.Ordinal) ? Registry : FullPath(Registry);
}
