using System.CommandLine;
using HafsModels;
using HafsModels.Registry;

namespace Hafs.Commands;

/// <summary>The whole command line.</summary>
internal static class HafsCommand
{
    /// <summary>Which registry to work on; every command takes it.</summary>
    public static readonly Option<string?> Registry = new("--registry")
    {
        Description = "Registry file or postgres:// address (default: HAFS_REGISTRY, else ~/.context/models/registry.json)",
        HelpName = "REGISTRY",
        Recursive = true,
    };

    /// <summary>Builds the tree of commands.</summary>
    public static RootCommand Create()
    {
        var root = new RootCommand("Register, convert, quantize, deploy and prove language models.") { Registry };
        root.Add(ModelsCommand.Create());
        root.Add(TrainingCommand.Create());
        root.Add(RegistryCommand.Create());
        root.Add(GgufCommand.Create());
        root.Add(QuantizationsCommand.Create());
        root.Add(DemoCommand.Create());
        return root;
    }

    /// <summary>The workbench on the registry that the caller chose.</summary>
    public static Workbench Workbench(ParseResult result) => new(result.GetValue(Registry));

    /// <summary>A model as it is named on the command line: by its id in the registry, else by the path of its files.</summary>
    public static (string? Id, string? Path) Source(Workbench workbench, string named) =>
        Path.Exists(named) && workbench.Find(new ModelQuery { Ids = [named] }).Count == 0 ? (null, named) : (named, null);
}
