using System.CommandLine;
using HafsModels;
using HafsModels.Conversion;
using HafsModels.Registry;
using HafsModels.Tensors;

namespace Hafs.Commands;

/// <summary>What <c>hafs models</c> does with LoRA adapters.</summary>
internal static class AdapterCommands
{
    /// <summary><c>merge</c>: base model and adapter become one checkpoint.</summary>
    public static Command Merge()
    {
        var id = new Argument<string>("model") { Description = "Id of a registered adapter or base model, or its folder" };
        var output = new Argument<string>("output") { Description = "Folder to write the merged checkpoint to" };
        var adapter = new Option<string?>("--adapter", "-a") { Description = "Folder or id of the adapter; not needed where the model is the adapter itself" };
        var type = new Option<string?>("--dtype") { Description = "bf16, f16 or f32 (default: the base model's types)" };
        var shard = new Option<long>("--max-shard-size") { Description = "Most bytes of tensors in one weight file", DefaultValueFactory = _ => MergeRequest.DefaultShardBytes };
        var newId = new Option<string?>("--id") { Description = "Id of the merged model (default for a registered model: the folder's name)" };
        (Option<int> threads, Option<bool> force, Option<bool> dryRun, Option<bool> json) = Common("Replace a checkpoint in the folder, and the record that has the id");
        type.AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, "bf16", "f16", "f32");
        var command = new Command("merge", "Merge a LoRA adapter into its base model and write the checkpoint") { id, output, adapter, type, shard, newId, threads, force, dryRun, json };
        command.SetAction(async (result, cancellation) =>
        {
            Workbench workbench = HafsCommand.Workbench(result);
            (string? modelId, string? path) = HafsCommand.Source(workbench, result.GetRequiredValue(id));
            var request = new MergeRequest
            {
                ModelId = modelId,
                Path = path,
                Adapter = result.GetValue(adapter),
                OutputPath = result.GetRequiredValue(output),
                NewId = result.GetValue(newId),
                DataType = result.GetValue(type) is { } name ? Enum.Parse<ElementType>(name, ignoreCase: true) : null,
                MaxShardBytes = result.GetValue(shard),
                Threads = result.GetValue(threads),
                Force = result.GetValue(force),
            };
            if (result.GetValue(dryRun))
            {
                MergePlan plan = workbench.PlanMerge(request);
                if (result.GetValue(json))
                    Json.Write(plan);
                else
                    Views.Merge(plan);
                return;
            }

            Model merged = await Terminal.WithProgress("Merging", progress => Task.Run(() => workbench.Merge(request, progress, cancellation), cancellation));
            if (result.GetValue(json))
                Json.Write(merged.ToRecordJson());
            else
                Terminal.Done($"Merged into {merged.Path}{(merged.Registry.Length > 0 ? $", registered as {merged.Id}" : "")}");
        });
        return command;
    }

    /// <summary><c>convert-adapter</c>: an adapter becomes a GGUF file of its own.</summary>
    public static Command Convert()
    {
        var id = new Argument<string>("model") { Description = "Id of a registered adapter, or its folder" };
        var basePath = new Option<string?>("--base") { Description = "Folder of the base model (default: the one that the adapter names)" };
        var type = new Option<string>("--dtype") { Description = "Type of the matrices: " + string.Join(", ", AdapterConvertRequest.DataTypes), DefaultValueFactory = _ => "F32" };
        var output = new Option<string?>("--output", "-o") { Description = "Output file or folder (default: NAME-TYPE-adapter.gguf in the adapter's folder)" };
        (Option<int> threads, Option<bool> force, Option<bool> dryRun, Option<bool> json) = Common("Replace an existing output");
        var command = new Command("convert-adapter", "Write a LoRA adapter as the GGUF file that llama.cpp loads beside a base model") { id, basePath, type, output, threads, force, dryRun, json };
        command.SetAction(async (result, cancellation) =>
        {
            Workbench workbench = HafsCommand.Workbench(result);
            (string? modelId, string? path) = HafsCommand.Source(workbench, result.GetRequiredValue(id));
            var request = new AdapterConvertRequest
            {
                ModelId = modelId,
                Path = path,
                BasePath = result.GetValue(basePath),
                DataType = result.GetRequiredValue(type),
                OutputPath = result.GetValue(output),
                Threads = result.GetValue(threads),
                Force = result.GetValue(force),
            };
            if (result.GetValue(dryRun))
            {
                ConversionPlan plan = workbench.PlanAdapterConversion(request);
                if (result.GetValue(json))
                    Json.Write(plan);
                else
                    Views.Plan(plan);
                return;
            }

            Artifact artifact = await Terminal.WithProgress("Converting", progress => Task.Run(() => workbench.ConvertAdapter(request, progress, cancellation), cancellation));
            if (result.GetValue(json))
                Json.Write(artifact);
            else
                Views.Artifact(artifact);
        });
        return command;
    }

    private static (Option<int> Threads, Option<bool> Force, Option<bool> DryRun, Option<bool> Json) Common(string force) => (
        new("--threads", "-t") { Description = "Worker threads (default: one a processor)" },
        new("--force", "-f") { Description = force },
        new("--dry-run") { Description = "Say what would be written, exactly, and write nothing" },
        new("--json") { Description = "Output JSON" });
}
