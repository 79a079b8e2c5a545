using System.Reflection;
using System.Runtime.Loader;

namespace HafsModels.PowerShell.Loading;

/// <summary>
/// Loads the module's third-party assemblies from their own folder, apart from those of PowerShell and of other modules, so that versions
/// never meet. Public types of the module stay in the default context; no type of a dependency appears in them.
/// </summary>
/// <param name="folder">Where the dependencies lie.</param>
internal sealed class DependencyContext(string folder) : AssemblyLoadContext("HafsModels dependencies")
{
    /// <summary>Answers the default context when it cannot find an assembly: ours come from here, others are not our business.</summary>
    public Assembly? Resolve(AssemblyLoadContext asking, AssemblyName name) => IsOurs(name) ? LoadFromAssemblyName(name) : null;

    /// <summary>Dependencies of dependencies. Null leaves the runtime's own assemblies to the default context.</summary>
    protected override Assembly? Load(AssemblyName assemblyName) => IsOurs(assemblyName) ? LoadFromAssemblyPath(PathOf(assemblyName)) : null;

    // A newer version than the shipped one is somebody else's.
    private bool IsOurs(AssemblyName name) =>
        name.Name is not null && File.Exists(PathOf(name)) && (name.Version is null || AssemblyName.GetAssemblyName(PathOf(name)).Version >= name.Version);

    private string PathOf(AssemblyName name) => Path.Combine(folder, name.Name + ".dll");
}
