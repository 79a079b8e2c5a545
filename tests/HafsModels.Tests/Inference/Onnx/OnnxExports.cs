using HafsModels.Architectures;
using HafsModels.Conversion.Onnx;

namespace HafsModels.Tests.Inference.Onnx;

/// <summary>Exports a model into a folder of its own, and removes it again.</summary>
internal sealed class OnnxExports : IDisposable
{
    public OnnxExports(string model, OnnxRequest request)
    {
        using OnnxJob job = OnnxJob.Open(request with { OutputPath = Folder }, new ModelSource(model));
        Summary = job.Summary;
        Hashes = job.Run(2, null, default);
        Findings = job.Findings;
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("hafs-onnx-").FullName;

    public OnnxPlan Summary { get; }

    public IReadOnlyDictionary<string, string> Hashes { get; }

    public IReadOnlyList<string> Findings { get; }

    public string Graph(string dataType) => Summary.Models.Single(m => m.DataType == dataType).Path;

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
