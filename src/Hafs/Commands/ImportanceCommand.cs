using System.CommandLine;
using HafsModels;
using HafsModels.Inference;

namespace Hafs.Commands;

/// <summary><c>hafs models imatrix</c>: measures an importance matrix.</summary>
internal static class ImportanceCommand
{
    public static Command Create()
    {
        var model = new Argument<string>("model") { Description = "Id of a registered model, a checkpoint folder, or a GGUF file" };
        var text = new Argument<string>("text") { Description = "Text file the model is run over" };
        var output = new Option<string?>("--output", "-o") { Description = "Output file (default: NAME.imatrix.gguf in the model's folder)" };
        var context = new Option<int>("--context", "-c") { Description = "Tokens of a chunk", DefaultValueFactory = _ => 512 };
        var chunks = new Option<int>("--chunks") { Description = "Most chunks to run (default: all)" };
        var head = new Option<bool>("--include-output") { Description = "Measure the output head as well" };
        var threads = new Option<int>("--threads", "-t") { Description = "Threads to compute with (default: one a processor)" };
        var force = new Option<bool>("--force", "-f") { Description = "Replace an existing output" };
        var json = new Option<bool>("--json") { Description = "Output JSON" };
        var command = new Command("imatrix", "Measure an importance matrix: run a model over a text and write how much each column of its weights counts") { model, text, output, context, chunks, head, threads, force, json };
        command.SetAction(async (result, cancellation) =>
        {
            Workbench workbench = HafsCommand.Workbench(result);
            (string? modelId, string? path) = HafsCommand.Source(workbench, result.GetRequiredValue(model));
            var request = new ImportanceRequest
            {
                ModelId = modelId,
                Path = path,
                TextPath = result.GetRequiredValue(text),
                OutputPath = result.GetValue(output),
                ContextLength = result.GetValue(context),
                ChunkCount = result.GetValue(chunks),
                IncludeOutput = result.GetValue(head),
                Threads = result.GetValue(threads),
                Force = result.GetValue(force),
            };
            ModelImportance importance = await Terminal.WithProgress("Measuring", progress => Task.Run(() => workbench.MeasureImportance(request, progress, cancellation), cancellation));
            if (result.GetValue(json))
                Json.Write(importance);
            else
                Views.Importance(importance);
        });
        return command;
    }
}
