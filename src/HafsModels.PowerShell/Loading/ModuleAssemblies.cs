using System.Management.Automation;
using System.Runtime.Loader;

namespace HafsModels.PowerShell.Loading;

/// <summary>PowerShell calls this when the module is imported and when it is removed: the way to the private dependencies comes and goes with it.</summary>
/// <remarks>
/// Each import (one a runspace) adds the handler once and each removal takes one away, so the event's own list counts the users; the context
/// itself never changes.
/// </remarks>
public sealed class ModuleAssemblies : IModuleAssemblyInitializer, IModuleAssemblyCleanup
{
    /// <summary>Folder of third-party assemblies, beside this one.</summary>
    internal const string Folder = "dependencies";

    private static readonly DependencyContext Dependencies = new(Path.Combine(Path.GetDirectoryName(typeof(ModuleAssemblies).Assembly.Location)!, Folder));

    /// <summary>Called on import.</summary>
    public void OnImport() => AssemblyLoadContext.Default.Resolving += Dependencies.Resolve;

    /// <summary>Called on removal.</summary>
    public void OnRemove(PSModuleInfo psModuleInfo) => AssemblyLoadContext.Default.Resolving -= Dependencies.Resolve;
}
