using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.Loader;
using HafsModels.PowerShell.Loading;
using Xunit;

namespace HafsModels.Tests.PowerShell;

/// <summary>Third-party assemblies of the module stay apart from everybody else's.</summary>
public sealed class DependencyContextTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("hafs-dependencies-").FullName;

    [Fact]
    public void A_dependency_loads_from_its_own_folder_into_its_own_context()
    {
        Write("HafsTestDependency", new Version(2, 1));
        var context = new DependencyContext(folder);
        Assembly assembly = context.Resolve(AssemblyLoadContext.Default, new AssemblyName("HafsTestDependency, Version=2.0.0.0"))!;
        Assert.Same(context, AssemblyLoadContext.GetLoadContext(assembly));
        Assert.DoesNotContain(AssemblyLoadContext.Default.Assemblies, a => a.GetName().Name == "HafsTestDependency");
        Assert.Same(assembly, context.Resolve(AssemblyLoadContext.Default, new AssemblyName("HafsTestDependency")));
    }

    [Fact]
    public void Assemblies_that_are_not_ours_or_newer_than_ours_are_left_to_others()
    {
        Write("HafsOldDependency", new Version(1, 0));
        var context = new DependencyContext(folder);
        Assert.Null(context.Resolve(AssemblyLoadContext.Default, new AssemblyName("SomebodyElses")));
        Assert.Null(context.Resolve(AssemblyLoadContext.Default, new AssemblyName("HafsOldDependency, Version=2.0.0.0")));
    }

    public void Dispose()
    {
        // The loaded file cannot be deleted on Windows while this process runs.
        if (!OperatingSystem.IsWindows())
            Directory.Delete(folder, recursive: true);
    }

    private void Write(string name, Version version)
    {
        var builder = new PersistedAssemblyBuilder(new AssemblyName(name) { Version = version }, typeof(object).Assembly);
        builder.DefineDynamicModule(name);
        builder.Save(Path.Combine(folder, name + ".dll"));
    }
}
