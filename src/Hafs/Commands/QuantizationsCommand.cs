using System.CommandLine;
using HafsModels.Quantization;

namespace Hafs.Commands;

/// <summary><c>hafs quantizations</c>: the table of recipes.</summary>
internal static class QuantizationsCommand
{
    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "Output JSON" };
        var command = new Command("quantizations", "List quantizations: bits per weight and quality") { json };
        command.SetAction(result =>
        {
            if (result.GetValue(json))
                Json.Write(Recipes.All);
            else
                Views.Recipes();
        });
        return command;
    }
}
