using System.CommandLine;
using HafsModels;
using HafsModels.Conversion;
using HafsModels.Measurement;
using HafsModels.Registry;
using HafsModels.Tokenizers;

namespace Hafs.Commands;

/// <summary><c>hafs models …</c>: the verbs, options and exit codes hafs has had, over this core.</summary>
internal static class ModelsCommand
{
    public static Command Create() => new("models", "Model registry and deployment")
    {
        List(), Info(), Register("register", "Register a trained model"), Convert(), ImportanceCommand.Create(), MeasureCommand.Create(), DeploymentCommands.Deploy(Id(), Quantization()), DeploymentCommands.Test(Id()), DeploymentCommands.Undeploy(Id()), EvaluationCommands.Evaluate(Id()), EvaluationCommands.Compare(Id()), Delete(), AdapterCommands.Merge(), AdapterCommands.Convert(), OnnxCommand.Create(), ExportCommands.Export(), ExportCommands.Test(),
        TransferCommands.Pull(Id()), TransferCommands.Push(Id()),
        HistoryCommands.Lineage(Id()), HistoryCommands.Compare(Id()), HistoryCommands.Verify(Id()), HistoryCommands.Alias(Id()),
    };

    private static Argument<string> Id() => new("model-id") { Description = "Id of a registered model" };

    private static Command List()
    {
        var role = new Option<string?>("--role", "-r") { Description = "Filter by role" };
        var location = new Option<string?>("--location", "-l") { Description = "Filter by location" };
        var backend = new Option<string?>("--backend", "-b") { Description = "Filter by serving backend" };
        var json = new Option<bool>("--json") { Description = "Output JSON" };
        var command = new Command("list", "List registered models") { role, location, backend, json };
        command.SetAction(result =>
        {
            IReadOnlyList<Model> models = HafsCommand.Workbench(result).Find(new ModelQuery
            {
                Role = result.GetValue(role),
                Location = result.GetValue(location),
                Backend = result.GetValue(backend),
            });
            if (result.GetValue(json))
                Json.Write(new { models = models.Select(m => m.ToRecordJson()), total = models.Count });
            else if (models.Count == 0)
                Terminal.Line("No models found matching filters");
            else
                Views.Models(models);
        });
        return command;
    }

    private static Command Info()
    {
        Argument<string> id = Id();
        var json = new Option<bool>("--json") { Description = "Output JSON" };
        var command = new Command("info", "Show one model: training, data set, metrics, locations, artifacts, deployments") { id, json };
        command.SetAction(result =>
        {
            Model model = HafsCommand.Workbench(result).Get(result.GetRequiredValue(id));
            if (result.GetValue(json))
                Json.Write(model.ToRecordJson());
            else
                Views.Model(model);
        });
        return command;
    }

    /// <summary>Builds the command that registers a folder, under the name it has here or in <c>hafs training</c>.</summary>
    internal static Command Register(string verb, string description)
    {
        var path = new Argument<string>("path") { Description = "Folder of the checkpoint or adapter" };
        var id = new Option<string?>("--id") { Description = "Model id (default: the folder's name)" };
        var name = new Option<string?>("--name", "-n") { Description = "Display name (default: the id)" };
        var baseModel = new Option<string?>("--base", "-b") { Description = "Base model (default: what the folder's files say)" };
        var role = new Option<string?>("--role", "-r") { Description = "Role, such as general, asm, debug" };
        var location = new Option<string?>("--location", "-l") { Description = "Location: mac, windows, cloud, halext (default: this machine's)" };
        var force = new Option<bool>("--force", "-f") { Description = "Replace an existing record" };
        var command = new Command(verb, description) { path, id, name, baseModel, role, location, force };
        command.SetAction((result, cancellation) =>
        {
            Model model = HafsCommand.Workbench(result).Register(
                new RegisterRequest
                {
                    Path = result.GetRequiredValue(path),
                    Id = result.GetValue(id),
                    DisplayName = result.GetValue(name),
                    BaseModel = result.GetValue(baseModel),
                    Role = result.GetValue(role),
                    Location = result.GetValue(location),
                    Force = result.GetValue(force),
                },
                cancellation);
            Views.Registered(model);
            return Task.CompletedTask;
        });
        return command;
    }

    private static Command Convert()
    {
        var id = new Argument<string>("model") { Description = "Id of a registered model, a checkpoint folder or a GGUF file" };
        var format = new Argument<string>("format") { Description = "Target format: gguf" };
        var adapter = new Option<string?>("--merge-adapter") { Description = "Folder or id of a LoRA adapter to merge into the model on the way" };
        var controls = new ConvertControls();
        var output = new Option<string?>("--output", "-o") { Description = "Output file or folder (default: NAME-QUANT.gguf in the model's folder)" };
        var importance = new Option<string?>("--imatrix") { Description = "Importance matrix: a file of 'hafs models imatrix' or llama-imatrix" };
        var threads = new Option<int>("--threads", "-t") { Description = "Worker threads (default: one a processor)" };
        var force = new Option<bool>("--force", "-f") { Description = "Replace an existing output" };
        var preTokenizer = new Option<string?>("--pre-tokenizer") { Description = "Name for tokenizer.ggml.pre instead of the one that matches tokenizer.json", HelpName = "NAME" };
        preTokenizer.CompletionSources.Add([.. Vocabulary.PreTokenizers]);
        var provenance = new ProvenanceOptions();
        var skip = new Option<bool>("--skip-verification") { Description = "Do not run source and result on the same tokens" };
        var targetSize = new Option<string?>("--target-size") { Description = "Most bytes of the file, such as 4.5GB; types are chosen by measurement to meet it" };
        var targetBits = new Option<double?>("--target-bpw") { Description = "Most bits per weight, such as 4.6; types are chosen by measurement to meet it" };
        var report = new Option<string?>("--report") { Description = "File that takes a report of what each tensor lost: .html or .svg" };
        var textOnly = new Option<bool>("--text-only") { Description = "Convert the text part of a model that also reads pictures or sound" };
        var dryRun = new Option<bool>("--dry-run") { Description = "Say what would be written, exactly, and write nothing" };
        var json = new Option<bool>("--json") { Description = "Output JSON" };
        format.AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, "gguf");
        var command = new Command("convert", "Convert a model to another format") { id, format, adapter, importance, output, threads, force, preTokenizer, skip, targetSize, targetBits, report, textOnly, dryRun, json };
        controls.AddTo(command);
        provenance.AddTo(command);
        command.SetAction(async (result, cancellation) =>
        {
            Workbench workbench = HafsCommand.Workbench(result);
            (string? modelId, string? path) = HafsCommand.Source(workbench, result.GetRequiredValue(id));
            long? bytes = result.GetValue(targetSize) is { } size ? SizeTarget.ParseBytes(size) : null;
            ConvertRequest request = provenance.Apply(result, controls.Apply(result, new ConvertRequest
            {
                ModelId = modelId,
                Path = path,
                Adapter = result.GetValue(adapter),
                TargetBytes = bytes,
                TargetBitsPerWeight = result.GetValue(targetBits),
                ImportanceMatrix = result.GetValue(importance),
                OutputPath = result.GetValue(output),
                Threads = result.GetValue(threads),
                Force = result.GetValue(force),
                SkipVerification = result.GetValue(skip),
                ReportPath = result.GetValue(report),
                TextOnly = result.GetValue(textOnly),
                PreTokenizer = result.GetValue(preTokenizer),
            }));
            if (bytes is not null || request.TargetBitsPerWeight is not null)
            {
                ConvertRequest wanted = request;
                (request, TypeChoice? choice) = await Terminal.WithProgress("Choosing types", progress => Task.Run(() => workbench.ChooseTypes(wanted, progress, cancellation), cancellation));
                if (choice is not null && !result.GetValue(json))
                    Terminal.Line($"{choice.Name}: {choice.Mixture}, chosen {choice.Method}");
            }

            ConversionPlan plan = workbench.PlanConversion(request);
            foreach (string warning in plan.Warnings)
                Terminal.Warning(warning);
            if (result.GetValue(dryRun))
            {
                if (result.GetValue(json))
                    Json.Write(plan);
                else
                    Views.Plan(plan);
                return;
            }

            Artifact artifact = await Terminal.WithProgress("Converting", progress => Task.Run(() => workbench.Convert(request, progress, cancellation), cancellation));
            if (result.GetValue(json))
                Json.Write(artifact);
            else
                Views.Artifact(artifact);
        });
        return command;
    }

    private static Command Delete()
    {
        Argument<string> id = Id();
        var files = new Option<bool>("--files") { Description = "Delete the model's files as well" };
        var yes = new Option<bool>("--yes", "-y") { Description = "Do not ask" };
        var command = new Command("delete", "Remove a model from the registry (its files stay unless --files)") { id, files, yes };
        command.SetAction((result, cancellation) =>
        {
            Workbench workbench = HafsCommand.Workbench(result);
            Model model = workbench.Get(result.GetRequiredValue(id));
            bool deleteFiles = result.GetValue(files);
            if (deleteFiles && !result.GetValue(yes) && !Terminal.Confirm($"Delete {model.Id} and its files in {model.Path}?"))
                throw new HafsException(ErrorKind.InvalidArgument, "NotConfirmed", $"{model.Id}: deleting files was not confirmed", model.Id, "Answer y, or pass --yes.");
            IReadOnlyList<string> deleted = workbench.Unregister(model.Id, deleteFiles, cancellation);
            foreach (string file in deleted)
                Terminal.Line($"deleted {file}");
            Terminal.Done($"Removed {model.Id} from the registry");
            return Task.CompletedTask;
        });
        return command;
    }

    private static Option<string> Quantization()
    {
        var option = new Option<string>("--quant", "-q") { Description = "Quantization, see 'hafs quantizations'", DefaultValueFactory = _ => "Q4_K_M", HelpName = "TYPE" };
        option.CompletionSources.Add(_ => HafsModels.Quantization.Recipes.All.Select(r => new System.CommandLine.Completions.CompletionItem(r.Name)));
        return option;
    }
}
