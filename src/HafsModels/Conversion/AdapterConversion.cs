using HafsModels.Architectures;

namespace HafsModels.Conversion;

/// <summary>An open adapter on its base model, and the plan to write it as a GGUF adapter.</summary>
internal sealed class AdapterConversion : IDisposable
{
    private readonly ModelFolder folder;

    private AdapterConversion(ModelFolder folder, AdapterConvertRequest request)
    {
        this.folder = folder;
        string adapter = folder.Source.AdapterPath!, name = request.ModelId ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(adapter));
        Plan = GgufAdapterExport.Plan(folder, name, request.DataType);
        string type = request.DataType.ToUpperInvariant(), path = Path.GetFullPath(request.OutputPath ?? adapter);
        string output = path.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase) && !Directory.Exists(path) ? path : Path.Combine(path, $"{name}-{type}-adapter.gguf");
        Summary = new ConversionPlan(adapter, output, type, folder.Family.Name, Plan.SourceBytes, Plan.FileBytes, Plan.ElementCount, Plan.Tensors.Count, Plan.BitsPerWeight, File.Exists(output));
    }

    /// <summary>What is read.</summary>
    public ModelSource Source => folder.Source;

    /// <summary>What to write.</summary>
    public ExportPlan Plan { get; }

    /// <summary>The same for people.</summary>
    public ConversionPlan Summary { get; }

    /// <summary>Opens both and plans the file.</summary>
    /// <exception cref="HafsException">They do not fit together, or the adapter cannot be such a file.</exception>
    public static AdapterConversion Open(ModelSource source, AdapterConvertRequest request)
    {
        if (source.AdapterPath is null)
            throw new HafsException(ErrorKind.InvalidArgument, "NotAnAdapter", $"{source.Path} is a whole model, not an adapter", source.Path, "ConvertTo-Gguf converts whole models.");
        ModelFolder folder = ModelFolder.Open(source);
        try
        {
            return new AdapterConversion(folder, request);
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>Closes the files.</summary>
    public void Dispose() => folder.Dispose();
}
