using System.CommandLine;
using HafsModels;

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
}
