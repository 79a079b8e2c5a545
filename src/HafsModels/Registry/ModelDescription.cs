using HafsModels.Formats.ModelCards;
using HafsModels.Registry.Json;

namespace HafsModels.Registry;

/// <summary>Reads what a model folder says about itself into a record. Nothing is guessed: what no file says stays empty.</summary>
public static class ModelDescription
{
    private static readonly string[] AdapterWeights = ["adapter_model.safetensors", "adapter_model.bin"];

    // Files of the trainer beside the weights that share their extension.
    private static readonly string[] NoWeights = ["training_args.bin", "optimizer.pt", "optimizer.bin", "scheduler.pt", "scaler.pt", "rng_state.pth"];

    private static readonly (string Extension, string Format)[] Formats =
    [
        (".safetensors", "safetensors"), (".bin", "pytorch"), (".pt", "pytorch"), (".pth", "pytorch"), (".gguf", "gguf"), (".onnx", "onnx"),
    ];

    /// <summary>
    /// Describes a folder that holds weights or an adapter, or a GGUF file. Reads config.json, training_args.json, trainer_state.json,
    /// all_results.json, adapter_config.json and the head of README.md; writes nothing.
    /// </summary>
    /// <exception cref="HafsException">The path is not there, holds no model, a file of it is damaged, or the id cannot be one.</exception>
    public static Model Read(RegisterRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        string path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(request.Path));
        bool isFile = File.Exists(path);
        if (!isFile && !Directory.Exists(path))
            throw new HafsException(ErrorKind.NotFound, "ModelPathNotFound", $"{path} does not exist.", path, "Give the folder of a checkpoint or an adapter, or a GGUF file.");
        string[] weights = Weights(path, isFile);
        string folder = isFile ? Path.GetDirectoryName(path)! : path;
        string id = request.Id ?? (isFile ? Path.GetFileNameWithoutExtension(path) : Path.GetFileName(path));
        ModelId.Validate(id);

        // A file may lie beside others of other models: only a folder speaks for its model.
        return isFile ? GgufDescription.Read(Basics(request, path, id, weights), request) : Training(Basics(request, path, id, weights), request, folder);
    }

    private static Model Basics(RegisterRequest request, string path, string id, string[] weights)
    {
        string location = request.Location ?? (OperatingSystem.IsWindows() ? "windows" : OperatingSystem.IsMacOS() ? "mac" : "cloud");
        string now = LocalTime.Now();
        return new Model
        {
            Id = id,
            DisplayName = request.DisplayName ?? id,
            Version = request.Version ?? "v1",
            BaseModel = request.BaseModel ?? "",
            Role = request.Role ?? "general",
            Group = request.Group ?? "",
            TrainingDate = LocalTime.Format(weights.Max(File.GetLastWriteTime)),
            Path = path,
            Formats = [.. Formats.Where(f => weights.Any(w => Path.GetExtension(w).Equals(f.Extension, StringComparison.OrdinalIgnoreCase))).Select(f => f.Format).Distinct()],
            Locations = new Dictionary<string, string> { [location] = path },
            PrimaryLocation = location,
            Notes = request.Notes ?? "",
            Tags = [.. request.Tags.Distinct(StringComparer.Ordinal)],
            CreatedAt = now,
            UpdatedAt = now,
        };
    }

    private static Model Training(Model model, RegisterRequest request, string folder)
    {
        JsonObject? config = ModelFolderFile.Read(folder, "config.json");
        JsonObject? arguments = ModelFolderFile.Read(folder, "training_args.json");
        JsonObject? adapter = ModelFolderFile.Read(folder, "adapter_config.json");
        List<string> warnings = [];
        ModelCard? card = ModelCard.TryRead(folder, warnings);
        TrainerState state = TrainerState.Read(folder);
        string stateFile = Path.Combine(folder, "trainer_state.json");
        return model with
        {
            BaseModel = request.BaseModel
                ?? ModelFolderFile.Text(adapter, "base_model_name_or_path")
                ?? ModelFolderFile.Text(arguments, "base_model", "model_name_or_path")
                ?? First(card?.Texts("base_model"))
                ?? ModelFolderFile.Text(config, "_name_or_path")
                ?? "",
            Role = request.Role ?? ModelFolderFile.Text(arguments, "role") ?? model.Role,
            Group = request.Group ?? ModelFolderFile.Text(arguments, "group") ?? "",
            TrainingDate = File.Exists(stateFile) ? LocalTime.Format(File.GetLastWriteTime(stateFile)) : model.TrainingDate,
            TrainingDurationMinutes = (long)Math.Clamp(Math.Round(state.RuntimeSeconds / 60), 0, int.MaxValue),
            DatasetName = ModelFolderFile.Text(arguments, "dataset_name", "dataset") ?? First(card?.Texts("datasets")) ?? "",
            DatasetPath = ModelFolderFile.Text(arguments, "dataset_path", "data_path", "train_file") ?? "",
            TrainSamples = state.TrainSamples,
            ValidationSamples = state.ValidationSamples,
            TestSamples = state.TestSamples,
            FinalLoss = state.FinalLoss,
            BestLoss = state.BestLoss,
            EvalLoss = state.EvalLoss,
            Perplexity = state.Perplexity,
            LoraConfig = adapter is null ? model.LoraConfig : Given(adapter),
            Hyperparameters = arguments is null ? state.Settings : Given(arguments),
            Hardware = ModelFolderFile.Text(arguments, "hardware") ?? "",
            Device = ModelFolderFile.Text(arguments, "device") ?? "",
            GitCommit = ModelFolderFile.Text(arguments, "git_commit"),
            CheckpointPath = state.BestCheckpoint,
            AdapterPath = adapter is null ? null : folder,
            Tags = [.. model.Tags.Union(card?.Tags ?? [], StringComparer.Ordinal)],
            Author = card?.Author ?? "",
            License = card?.License ?? "",
            Description = card?.Description ?? "",
            Languages = card?.Languages ?? [],
            Parents = GgufDescription.Parents(card?.Texts("base_model") ?? [], card?.Texts("datasets") ?? []),
            Warnings = warnings,
        };
    }

    private static string[] Weights(string path, bool isFile)
    {
        if (isFile)
            return Path.GetExtension(path).Equals(".gguf", StringComparison.OrdinalIgnoreCase)
                ? [path]
                : throw new HafsException(ErrorKind.InvalidArgument, "NotAModelFile", $"{path} is a single file that is no .gguf; only GGUF models are one file.", path, "Give the folder that holds it.");
        string[] weights = [.. Directory.EnumerateFiles(path).Where(IsWeights)];
        bool adapter = File.Exists(Path.Combine(path, "adapter_config.json"));
        if (weights.Any(w => AdapterWeights.Contains(Path.GetFileName(w))) && !adapter)
            throw new HafsException(ErrorKind.InvalidData, "AdapterConfigMissing", $"{path} holds an adapter's weights and no adapter_config.json.", path);
        return weights.Length > 0 ? weights : throw Empty(path);
    }

    private static bool IsWeights(string file) =>
        Formats.Any(f => Path.GetExtension(file).Equals(f.Extension, StringComparison.OrdinalIgnoreCase))
        && !NoWeights.Contains(Path.GetFileName(file), StringComparer.OrdinalIgnoreCase)
        && !Path.GetFileName(file).StartsWith("rng_state_", StringComparison.OrdinalIgnoreCase);

    private static HafsException Empty(string path)
    {
        string? inner = Directory.EnumerateDirectories(path).Where(d => Directory.EnumerateFiles(d).Any(IsWeights)).Order(StringComparer.Ordinal).FirstOrDefault();
        return new HafsException(ErrorKind.InvalidData, "FolderHoldsNoModel",
            $"{path} holds no weights ({string.Join(", ", Formats.Select(f => "*" + f.Extension))}) and no adapter.", path,
            inner is null ? "Give the folder the checkpoint was saved to." : $"Did you mean {inner}?");
    }

    private static Dictionary<string, object?> Given(JsonObject file) =>
        JsonValues.FromObject(file).Where(p => p.Value is not null).ToDictionary(StringComparer.Ordinal);

    private static string? First(IReadOnlyList<string>? texts) => texts is [var first, ..] ? first : null;
}
