using System.CommandLine;
using HafsModels;
using HafsModels.Conversion.Onnx;
using HafsModels.Registry;

namespace Hafs.Commands;

/// <summary><c>hafs models convert-onnx</c>: a model as ONNX for Transformers.js or onnxruntime-genai.</summary>
internal static class OnnxCommand
{
    public static Command Create()
    {
        var id = new Argument<string>("model") { Description = "Id of a registered model, or a checkpoint folder" };
        var types = new Option<string[]>("--dtype", "-d") { Description = "Types, several with commas: " + string.Join(", ", OnnxDataTypes.All.Select(t => t.Name)) + " (default: q4)" };
        var adapter = new Option<string?>("--merge-adapter") { Description = "Folder or id of a LoRA adapter to merge into the model on the way" };
        var layout = new Option<OnnxLayout>("--layout") { Description = "TransformersJs or GenAi", DefaultValueFactory = _ => OnnxLayout.TransformersJs };
        var backends = new Option<OnnxBackend[]>("--backend") { Description = "Where it must run: Wasm, WebGpu, Native; may be repeated", AllowMultipleArgumentsPerToken = true };
        var block = new Option<int>("--block-size") { Description = "Elements that share a scale in q4 and q4f16: 16, 32, 64 or 128", DefaultValueFactory = _ => 32 };
        var asymmetric = new Option<bool>("--asymmetric") { Description = "Give each block a zero point" };
        var accuracy = new Option<int>("--accuracy-level") { Description = "0: exact activations, to 4: eight bits, fastest", DefaultValueFactory = _ => 4 };
        var embedding = new Option<bool>("--quantize-embedding") { Description = "Store the embedding in 8 bits" };
        var output = new Option<string?>("--output", "-o") { Description = "Folder to write (default: NAME-ONNX in the model's folder)" };
        var threads = new Option<int>("--threads", "-t") { Description = "Worker threads (default: one a processor)" };
        var skip = new Option<bool>("--skip-verification") { Description = "Do not run source and result on the same tokens" };
        var textOnly = new Option<bool>("--text-only") { Description = "Export the text part of a model that also reads pictures or sound" };
        var force = new Option<bool>("--force", "-f") { Description = "Replace models that exist" };
        var dryRun = new Option<bool>("--dry-run") { Description = "Say what would be written, exactly, and write nothing" };
        var json = new Option<bool>("--json") { Description = "Output JSON" };
        types.CompletionSources.Add([.. OnnxDataTypes.All.Select(t => t.Name)]);
        var command = new Command("convert-onnx", "Write a model as ONNX for Transformers.js or onnxruntime-genai")
        {
            id, types, adapter, layout, backends, block, asymmetric, accuracy, embedding, output, threads, skip, textOnly, force, dryRun, json,
        };
        command.SetAction(async (result, cancellation) =>
        {
            Workbench workbench = HafsCommand.Workbench(result);
            (string? modelId, string? path) = HafsCommand.Source(workbench, result.GetRequiredValue(id));
            string[] named = [.. (result.GetValue(types) ?? []).SelectMany(t => t.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))];
            var request = new OnnxRequest
            {
                ModelId = modelId,
                Path = path,
                Adapter = result.GetValue(adapter),
                DataTypes = named.Length == 0 ? ["q4"] : named,
                Layout = result.GetValue(layout),
                Backends = result.GetValue(backends) ?? [],
                Options = new OnnxExportOptions
                {
                    BlockSize = result.GetValue(block),
                    Asymmetric = result.GetValue(asymmetric),
                    AccuracyLevel = result.GetValue(accuracy),
                    QuantizeEmbedding = result.GetValue(embedding) ? true : null,
                },
                OutputPath = result.GetValue(output),
                Threads = result.GetValue(threads),
                SkipVerification = result.GetValue(skip),
                TextOnly = result.GetValue(textOnly),
                Force = result.GetValue(force),
            };
            OnnxPlan plan = workbench.PlanOnnx(request);
            foreach (string warning in plan.Warnings)
                Terminal.Warning(warning);
            if (result.GetValue(dryRun))
            {
                if (result.GetValue(json))
                    Json.Write(plan);
                else
                    Views.Onnx(plan);
                return;
            }

            var findings = new List<string>();
            IReadOnlyList<Artifact> artifacts = await Terminal.WithProgress("Exporting", progress => Task.Run(() => workbench.ConvertToOnnx(request, findings.Add, progress, cancellation), cancellation));
            findings.ForEach(Terminal.Warning);
            if (result.GetValue(json))
                Json.Write(artifacts);
            else
                Views.Onnx(plan, artifacts);
        });
        return command;
    }
}
