using System.CommandLine;

namespace Hafs.Commands;

/// <summary><c>hafs gguf …</c>: looking into GGUF files.</summary>
internal static class GgufCommand
{
    public static Command Create()
    {
        var path = new Argument<string>("file") { Description = "A GGUF file" };
        var tensors = new Option<bool>("--tensors") { Description = "List the tensors as well" };
        var json = new Option<bool>("--json") { Description = "Output JSON" };
        var info = new Command("info", "Show metadata and tensors of a GGUF file") { path, tensors, json };
        info.SetAction(result =>
        {
            GgufView.Write(result.GetRequiredValue(path), result.GetValue(tensors), result.GetValue(json));
        });
        return new Command("gguf", "GGUF files") { info };
    }
}
