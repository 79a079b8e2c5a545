using HafsModels.Architectures;
using HafsModels.Conversion;
using HafsModels.Quantization;
using HafsModels.Tokenizers;

namespace HafsModels.Tests.Conversion;

/// <summary>GGUF files of the trained models, each made once for all tests of a class.</summary>
public sealed class TrainedFiles : IDisposable
{
    public string Folder { get; } = Directory.CreateTempSubdirectory("hafs-trained-").FullName;

    /// <summary>Path of a model's file by a recipe.</summary>
    public string Get(string model, string recipe)
    {
        string path = Path.Combine(Folder, $"{model}-{recipe}.gguf");
        if (!File.Exists(path))
            Convert(model, new(Recipes.Get(recipe)), path);
        return path;
    }

    /// <summary>Converts a model.</summary>
    public static void Convert(string model, QuantizationOptions quantization, string output)
    {
        using ModelFolder folder = ModelFolder.Open(Repository.PathOf("tests", "models", model));
        PlanRunner.Run(Plan(folder, quantization), output, 2, allowNonFinite: false, null, CancellationToken.None);
    }

    /// <summary>Plans a model's file.</summary>
    public static ExportPlan Plan(ModelFolder folder, QuantizationOptions quantization) =>
        GgufExport.Plan(folder, Vocabulary.Load(folder.Path), quantization, new GgufExportOptions { Name = Path.GetFileName(folder.Path) });

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
