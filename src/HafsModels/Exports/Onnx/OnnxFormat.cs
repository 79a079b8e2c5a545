using HafsModels.Conversion.Onnx;
using HafsModels.Exports.Verification;

namespace HafsModels.Exports.Onnx;

/// <summary>Graphs with external data for Transformers.js, in a browser or in Node.js.</summary>
internal sealed class OnnxFormat : ExportFormat
{
    /// <summary>Folder of the graphs.</summary>
    public const string Graphs = "onnx/";

    /// <inheritdoc/>
    public override string Name => "Onnx";

    /// <inheritdoc/>
    public override string About => "ONNX graphs with external data for Transformers.js, one for each type";

    /// <inheritdoc/>
    public override IReadOnlyList<RequiredFile> Required { get; } =
        [new(Graphs + "*.onnx", HoldsWeights: true), new(Graphs + "*.onnx_data", HoldsWeights: true), new("config.json"), new("generation_config.json"), new("tokenizer.json")];

    /// <inheritdoc/>
    internal override string WeightFormat => "onnx";

    /// <inheritdoc/>
    internal override IReadOnlyList<ExportRule> Rules { get; } = [.. OnnxRules.All];

    /// <inheritdoc/>
    internal override IReadOnlyList<ExportFile> Files(ExportSource source, ExportRequest request, List<string> warnings)
    {
        if (source.Folder is not { } folder)
        {
            throw new HafsException(
                ErrorKind.Unsupported, "OnnxFromGguf", $"{source.Model.Path}: graphs are built from checkpoints, not from GGUF files", source.Model.Path, "Export the checkpoint that the file was made from.");
        }

        string nowhere = Path.Combine(Path.GetTempPath(), "never-written-onnx");
        OnnxJob job = OnnxJob.Of(folder, new OnnxRequest { ModelId = source.Name, Adapter = request.Adapter, DataTypes = request.OnnxDataTypes, OutputPath = nowhere });
        warnings.AddRange(job.Summary.Warnings);
        return [.. job.Files.Select(f => new ExportFile.Weights(Path.GetRelativePath(nowhere, f.Path).Replace('\\', '/'), f.Plan) { DataType = job.Summary.Models.FirstOrDefault(m => m.Path == f.Path)?.DataType ?? "" })];
    }
}
