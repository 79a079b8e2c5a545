using System.CommandLine;
using HafsModels;
using HafsModels.Conversion;
using HafsModels.Conversion.Onnx;
using HafsModels.Exports;
using HafsModels.Exports.Verification;
using HafsModels.Inference.Onnx;
using HafsModels.Measurement;
using HafsModels.Tensors;

namespace Hafs.Commands;

/// <summary>What <c>hafs models</c> does with exports: folders that other programs load.</summary>
internal static class ExportCommands
{
    private static readonly char[] Separators = [',', ' '];

    /// <summary><c>export</c>: a model becomes folders for other programs.</summary>
    public static Command Export()
    {
        var id = new Argument<string>("model") { Description = "Id of a registered model (also NAME@VERSION), a checkpoint folder or a GGUF file" };
        var formats = new Argument<string>("formats") { Description = "Formats, separated by commas: " + string.Join(", ", ExportFormats.All.Select(f => f.Name.ToLowerInvariant())) };
        formats.CompletionSources.Add([.. ExportFormats.All.Select(f => f.Name.ToLowerInvariant())]);
        var output = new Option<string?>("--output", "-o") { Description = "Folder that takes the exports as MODEL/FORMAT (default: exports in the model's folder)" };
        var quantizations = new Option<string[]>("--quant", "-q") { Description = "Quantization of GGUF files, see 'hafs quantizations'; may be repeated or separated by commas (default: Q4_K_M)", HelpName = "TYPE" };
        var adapter = new Option<string?>("--merge-adapter") { Description = "Folder or id of a LoRA adapter to merge into the model on the way" };
        var importance = new Option<string?>("--imatrix") { Description = "Importance matrix: a file of 'hafs models imatrix' or llama-imatrix" };
        var shard = new Option<string?>("--shard-size") { Description = "Most bytes of tensors in one safetensors file, such as 2GB (default: 5,000,000,000)" };
        var type = new Option<string?>("--dtype") { Description = "Type of safetensors weights: bf16, f16 or f32 (default: the model's types)" };
        type.AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, "bf16", "f16", "f32");
        var onnxTypes = new Option<string[]>("--onnx-dtype") { Description = "Type of ONNX graphs: " + string.Join(", ", OnnxDataTypes.All.Select(t => t.Name)) + "; may be repeated or separated by commas (default: q4)", HelpName = "TYPE" };
        var system = new Option<string?>("--system") { Description = "System message that goes with the model" };
        var template = new Option<FileInfo?>("--template") { Description = "File with a Go template for Ollama (default: derived from the model's chat template)" };
        var parameters = new Option<string[]>("--parameter") { Description = "Parameter for Ollama, such as temperature=0.7; may be repeated", HelpName = "NAME=VALUE" };
        var license = new Option<string?>("--license") { Description = "Licence, such as MIT (default: what the model's files say)" };
        var baseModel = new Option<string?>("--base") { Description = "Base model by its name on the hub (default: what the model's files say)" };
        var publisher = new Option<string>("--publisher") { Description = "Name of the folder of your models in LM Studio", DefaultValueFactory = _ => "local" };
        var requantize = new Option<bool>("--allow-requantize") { Description = "Quantize tensors that were quantized before, which loses more" };
        var textOnly = new Option<bool>("--text-only") { Description = "Convert the text part of a model that also reads pictures or sound" };
        var threads = new Option<int>("--threads", "-t") { Description = "Worker threads (default: one a processor)" };
        var force = new Option<bool>("--force", "-f") { Description = "Write again what is unchanged, and replace exports of other models or changed by hand" };
        var skip = new Option<bool>("--skip-verification") { Description = "Do not open and run what was written" };
        var dryRun = new Option<bool>("--dry-run") { Description = "Say what would be written, exactly, and write nothing" };
        var json = new Option<bool>("--json") { Description = "Output JSON" };
        var command = new Command("export", "Export a model for Hugging Face, Ollama, llama.cpp, LM Studio or Transformers.js; exit code 1 when an export does not verify")
        {
            id, formats, output, quantizations, adapter, importance, shard, type, onnxTypes, system, template, parameters, license, baseModel, publisher, requantize, textOnly, threads, force, skip, dryRun, json,
        };
        command.SetAction(async (result, cancellation) =>
        {
            Workbench workbench = HafsCommand.Workbench(result);
            (string? modelId, string? path) = HafsCommand.Source(workbench, result.GetRequiredValue(id));
            string[] quants = [.. (result.GetValue(quantizations) ?? []).SelectMany(Split)];
            string[] graphs = [.. (result.GetValue(onnxTypes) ?? []).SelectMany(Split)];
            var request = new ExportRequest
            {
                ModelId = modelId,
                Path = path,
                Formats = [.. Split(result.GetRequiredValue(formats))],
                OutputPath = result.GetValue(output),
                Quantizations = quants.Length > 0 ? quants : [ExportRequest.DefaultQuantization],
                Adapter = result.GetValue(adapter),
                ImportanceMatrix = result.GetValue(importance),
                MaxShardBytes = result.GetValue(shard) is { } size ? SizeTarget.ParseBytes(size) : MergeRequest.DefaultShardBytes,
                DataType = result.GetValue(type) is { } name ? Enum.Parse<ElementType>(name, ignoreCase: true) : null,
                OnnxDataTypes = graphs.Length > 0 ? graphs : ["q4"],
                System = result.GetValue(system),
                Template = result.GetValue(template) is { } file ? TextOf(file) : null,
                Parameters = (result.GetValue(parameters) ?? []).Select(Parameter).ToDictionary(),
                License = result.GetValue(license),
                BaseModel = result.GetValue(baseModel),
                Publisher = result.GetRequiredValue(publisher),
                AllowRequantize = result.GetValue(requantize),
                TextOnly = result.GetValue(textOnly),
                Threads = result.GetValue(threads),
                Force = result.GetValue(force),
                SkipVerification = result.GetValue(skip),
            };
            if (result.GetValue(dryRun))
            {
                IReadOnlyList<PlannedExport> plans = workbench.PlanExport(request);
                if (result.GetValue(json))
                    Json.Write(plans);
                else
                    ExportViews.Plans(plans);
                return ExitCodes.Success;
            }

            IReadOnlyList<ExportResult> results = await Terminal.WithProgress("Exporting", progress => Task.Run(() => workbench.Export(request, progress, cancellation), cancellation));
            if (result.GetValue(json))
                Json.Write(results);
            else
                ExportViews.Results(results);
            return results.All(r => r.Success) ? ExitCodes.Success : ExitCodes.Failure;
        });
        return command;
    }

    /// <summary><c>test-export</c>: looks into the folder of an export.</summary>
    public static Command Test()
    {
        var path = new Argument<string>("path") { Description = "Folder of an export" };
        var format = new Option<string?>("--format") { Description = "Format, where the folder does not show it" };
        format.CompletionSources.Add([.. ExportFormats.All.Select(f => f.Name.ToLowerInvariant())]);
        var prompt = new Option<string?>("--prompt", "-p") { Description = "What is asked of the model" };
        var tokens = new Option<int>("--max-tokens") { Description = "Most tokens of the answer", DefaultValueFactory = _ => 16 };
        var repeats = new Option<int>("--repeat") { Description = "How many times the model is asked; the answers must be the same", DefaultValueFactory = _ => 2 };
        var skipRun = new Option<bool>("--skip-run") { Description = "Do not run the model" };
        var source = new Option<string?>("--source") { Description = "Checkpoint that an ONNX export was made from, to compare with" };
        var provider = new Option<string>("--provider") { Description = "Where ONNX Runtime computes: " + string.Join(", ", OnnxProvider.All.Select(p => p.Name)), DefaultValueFactory = _ => "Cpu" };
        var browser = new Option<bool>("--browser") { Description = "Also run an ONNX export in a browser without a window" };
        var devices = new Option<string[]>("--device") { Description = "What it runs on in a browser: wasm, webgpu; may be repeated (default: wasm)" };
        devices.AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, "wasm", "webgpu");
        var screenshot = new Option<string?>("--screenshot") { Description = "File that takes a picture (PNG) of the browser's page" };
        var threads = new Option<int>("--threads", "-t") { Description = "Worker threads (default: one a processor)" };
        var json = new Option<bool>("--json") { Description = "Output JSON" };
        var command = new Command("test-export", "Look into an export: files, weights, tokenizer, settings, and whether it runs; exit code 1 when something is wrong") { path, format, prompt, tokens, repeats, skipRun, source, provider, browser, devices, screenshot, threads, json };
        command.SetAction(async (result, cancellation) =>
        {
            var options = new ExportTestOptions
            {
                Format = result.GetValue(format),
                Prompt = result.GetValue(prompt),
                MaxTokens = result.GetValue(tokens),
                Repeats = result.GetValue(repeats),
                SkipRun = result.GetValue(skipRun),
                SourcePath = result.GetValue(source),
                Provider = result.GetRequiredValue(provider),
                Devices = !result.GetValue(browser) ? [] : result.GetValue(devices) is { Length: > 0 } named ? [.. named.Select(d => d.ToLowerInvariant())] : ["wasm"],
                ScreenshotPath = result.GetValue(screenshot),
                Threads = result.GetValue(threads),
            };
            string folder = result.GetRequiredValue(path);
            ExportVerification verification = await Terminal.WithProgress("Testing", progress => Task.Run(() => Workbench.TestExport(folder, options, progress, cancellation), cancellation));
            if (result.GetValue(json))
                Json.Write(verification);
            else
                ExportViews.Verification(verification);
            return verification.Passed ? ExitCodes.Success : ExitCodes.Failure;
        });
        return command;
    }

    private static string[] Split(string list) => list.Split(Separators, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static KeyValuePair<string, string> Parameter(string text) => text.IndexOf('=', StringComparison.Ordinal) is > 0 and var at
        ? new(text[..at], text[(at + 1)..])
        : throw new HafsException(ErrorKind.InvalidArgument, "ParameterOption", $"{text} is not NAME=VALUE", text, "Such as --parameter temperature=0.7.");

    private static string TextOf(FileInfo file) => file.Exists
        ? File.ReadAllText(file.FullName)
        : throw new HafsException(ErrorKind.NotFound, "FileNotFound", $"{file.FullName}: there is no such file", file.FullName);
}
