using System.Text.Json;
using HafsModels.Architectures;
using HafsModels.Conversion;
using HafsModels.Exports.Verification;
using HafsModels.Formats.Peft;
using HafsModels.Tensors;

namespace HafsModels.Exports.HuggingFace;

/// <summary>A checkpoint folder as the hub and transformers have it.</summary>
internal sealed class HuggingFaceFormat : ExportFormat
{
    private const string GenerationConfig = "generation_config.json", Card = "README.md";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <inheritdoc/>
    public override string Name => "HuggingFace";

    /// <inheritdoc/>
    public override string About => "safetensors with config, tokenizer and model card, as transformers and the hub have them";

    /// <inheritdoc/>
    public override IReadOnlyList<RequiredFile> Required { get; } =
    [
        new("model.safetensors|model-00001-of-*.safetensors", HoldsWeights: true), new("config.json"), new(GenerationConfig), new("tokenizer.json|tokenizer.model|*.tiktoken|vocab.json"), new(Card),
    ];

    /// <inheritdoc/>
    internal override string WeightFormat => "safetensors";

    /// <inheritdoc/>
    internal override IReadOnlyList<ExportRule> Rules { get; } = [new("card", CardIsRead), .. WeightRules.All];

    /// <inheritdoc/>
    internal override IReadOnlyList<ExportFile> Files(ExportSource source, ExportRequest request, List<string> warnings)
    {
        if (source.Folder is not { } folder)
        {
            throw new HafsException(
                ErrorKind.Unsupported, "HuggingFaceFromGguf", $"{source.Model.Path}: a GGUF file has no config of transformers; Hugging Face folders are made of checkpoints", source.Model.Path, "Export the checkpoint that the file was made from.");
        }

        if (request.DataType is not (null or ElementType.F32 or ElementType.F16 or ElementType.BF16))
            throw new HafsException(ErrorKind.InvalidArgument, "ExportDataType", $"weights are written as F32, F16 or BF16, not as {request.DataType}");
        List<ExportFile> files = [.. Weights(folder, request, source.Name, warnings), new ExportFile.Made("config.json", CheckpointFiles.Config(folder, request.DataType))];
        files.AddRange(CheckpointFiles.Beside(folder).Select(f => new ExportFile.Copied(f.Name, f.Source)));
        if (!files.Exists(f => f.Name == GenerationConfig))
            files.Add(new ExportFile.Made(GenerationConfig, Generation(folder)));
        string card = Path.Combine(source.Home, Card);
        files.Add(File.Exists(card) ? new ExportFile.Copied(Card, card) : new ExportFile.Made(Card, ModelCardText.Of(source, request)));
        return files;
    }

    // Files that are as they should be are copied, to the byte; others are planned anew.
    private static IEnumerable<ExportFile> Weights(ModelFolder folder, ExportRequest request, string name, List<string> warnings)
    {
        if (request.MaxShardBytes <= 0)
            throw new HafsException(ErrorKind.InvalidArgument, "ExportShardSize", $"a weight file must hold at least one byte, not {request.MaxShardBytes:N0}");
        string[] stored = [.. folder.Checkpoint.Tensors.Select(t => t.File).Distinct()];
        bool isKept = folder.Checkpoint is not MergedCheckpoint && stored.All(f => Path.GetExtension(f) == ".safetensors" && SourceFile.Of(f).Length <= request.MaxShardBytes)
            && (request.DataType is null || folder.Checkpoint.Tensors.Where(t => t.Type.IsFloat()).All(t => t.Type == request.DataType));
        if (isKept && (stored.Length > 1 || Path.GetFileName(stored[0]) == "model.safetensors"))
        {
            string index = Path.Combine(folder.Path, "model.safetensors.index.json");
            return stored.Concat(stored.Length > 1 ? [index] : []).Select(f => new ExportFile.Copied(Path.GetFileName(f), f));
        }

        if (folder.Checkpoint.Tensors.FirstOrDefault(t => !t.Type.IsFloat() && folder.Tensors.Any(m => m.Sources.Contains(t.Name))) is { } packed)
        {
            throw new HafsException(
                ErrorKind.Unsupported, "PackedWeightsKept", $"{packed.File}: {packed.Name} holds packed numbers ({packed.Type}), which are exported in the files they lie in only", packed.Name,
                "Leave out data type and adapter, and let a weight file be as large as the model's own.");
        }

        ElementType TypeOf(TensorInfo tensor) => request.DataType ?? (folder.Checkpoint is MergedCheckpoint merged ? merged.StoredType(tensor.Name) : tensor.Type);
        if (folder.Checkpoint.Tensors.Any(t => TypeOf(t) is ElementType.F64 or ElementType.F8_E4M3 or ElementType.F8_E5M2))
            warnings.Add("numbers of 64 bits are written as F32, and numbers of 8 bits as BF16");
        IReadOnlyList<(string Name, ExportPlan Plan)> shards = SafeTensorsExport.Plan(folder.Checkpoint, TypeOf, $"Exporting {name} as safetensors", request.MaxShardBytes);
        return shards.Select(s => (ExportFile)new ExportFile.Weights(s.Name, s.Plan))
            .Concat(shards.Count > 1 ? [new ExportFile.Made("model.safetensors.index.json", SafeTensorsExport.Index(shards))] : []);
    }

    private static byte[] Generation(ModelFolder folder)
    {
        var settings = new Dictionary<string, object?> { ["_from_model_config"] = true };
        foreach (string key in (ReadOnlySpan<string>)["bos_token_id", "eos_token_id", "pad_token_id"])
        {
            if (folder.Config.Find(key) is { } id)
                settings[key] = id;
        }

        return [.. JsonSerializer.SerializeToUtf8Bytes(settings, Indented), (byte)'\n'];
    }

    // A card is the model's own; what is wrong with it is told, and stands in nobody's way.
    private static string CardIsRead(ExportContents export)
    {
        var warnings = new List<string>();
        bool isRead = Formats.ModelCards.ModelCard.TryRead(export.Path, warnings) is not null;
        return warnings.Count > 0 ? string.Join("; ", warnings) : isRead ? "README.md begins with metadata" : "README.md has no metadata at its head";
    }
}
