using HafsModels.Architectures;
using HafsModels.Conversion;
using HafsModels.Formats.Gguf;
using HafsModels.Formats.ModelCards;
using HafsModels.Quantization;
using HafsModels.Tokenizers;

namespace HafsModels.Exports;

/// <summary>The open model of an export, and what all formats ask of it.</summary>
internal sealed class ExportSource : IDisposable
{
    private readonly ExportRequest request;
    private readonly GgufSet? gguf;
    private readonly Dictionary<string, ConversionJob> jobs = [];
    private readonly List<string> warnings = [];

    // A GGUF file may have none, and formats that do not ask for it do without.
    private readonly Lazy<Vocabulary> vocabulary;

    private ExportSource(ExportRequest request, ModelSource model, string? file)
    {
        this.request = request;
        if (file is null)
            Folder = ModelFolder.Open(model with { TextOnly = request.TextOnly });
        else
            gguf = GgufSet.Open(file);
        Model = Folder?.Source ?? new ModelSource(gguf!.Path);
        Home = Folder is null ? Path.GetDirectoryName(gguf!.Path)! : request.Adapter is null && Model.AdapterPath is { } adapter ? adapter : Folder.Path;
        Name = request.Record?.Id ?? (gguf is null ? Path.GetFileName(Home) : GgufSources.NameOf(gguf));
        vocabulary = new(() => Folder is null
            ? Vocabulary.FromGguf(key => gguf!.Find(key)?.Value, gguf!.Path)
            : Vocabulary.Load(Model.TokenizerPath, config: Model.AdapterPath is null ? null : Folder.Config.Json));
        Card = ModelCard.TryRead(Home, warnings);
        Generation = GenerationSettings.Read(Folder?.Path, warnings);
    }

    /// <summary>What is read, with full paths.</summary>
    public ModelSource Model { get; }

    /// <summary>The open checkpoint; null for a GGUF file.</summary>
    public ModelFolder? Folder { get; }

    /// <summary>The model's id, or what its folder or file is called.</summary>
    public string Name { get; }

    /// <summary>Folder whose README.md speaks for the model.</summary>
    public string Home { get; }

    /// <summary>Its vocabulary, with the chat template.</summary>
    public Vocabulary Vocabulary => vocabulary.Value;

    /// <summary>What the model card begins with, or null.</summary>
    public ModelCard? Card { get; }

    /// <summary>What the user should know of the model's own files.</summary>
    public IReadOnlyList<string> Warnings => warnings;

    /// <summary>How its makers say it should generate.</summary>
    public GenerationSettings Generation { get; }

    /// <summary>Name of the family.</summary>
    public string Family => Folder?.Family.Name ?? (string)gguf!.Find("general.architecture")!.Value;

    /// <summary>Most tokens it was made for; 0 where nothing says so.</summary>
    public int ContextLength => Folder?.Decoder.ContextLength ?? (int)(gguf!.Find(Family + ".context_length")?.AsInteger() ?? 0);

    /// <summary>Elements over all tensors.</summary>
    public long ParameterCount => Folder?.ParameterCount ?? gguf!.Tensors.Sum(t => t.Tensor.Shape.ElementCount);

    /// <summary>The licence, where one is known.</summary>
    public string? License => request.License ?? (Card?.Texts("license") is { Count: > 0 } licenses ? string.Join(", ", licenses) : null);

    /// <summary>Text of the licence's file, where there is one.</summary>
    public string? LicenseText => Directory.EnumerateFiles(Folder?.Path ?? Home, "LICENSE*").Order(StringComparer.Ordinal).Select(File.ReadAllText).FirstOrDefault();

    /// <summary>Opens a model.</summary>
    public static ExportSource Open(ExportRequest request, ModelSource model) =>
        new(request, model, model.AdapterPath is null ? GgufSources.Find(model.Path) : null);

    /// <summary>The plan of a GGUF file, as <c>ConvertTo-Gguf</c> would write it.</summary>
    public ExportFile.Weights Gguf(string name, string quantization)
    {
        if (!jobs.TryGetValue(quantization, out ConversionJob? job))
        {
            job = ConversionJob.Open(
                request.Conversion with
                {
                    ModelId = Name,
                    Path = Model.Path,
                    Adapter = request.Adapter,
                    Quantization = quantization,
                    ImportanceMatrix = request.ImportanceMatrix,
                    AllowRequantize = request.AllowRequantize,
                    TextOnly = request.TextOnly,
                    License = request.License,
                    BaseModel = request.BaseModel,
                    SkipSourceHash = true,
                    OutputPath = Path.Combine(Path.GetTempPath(), "never-written.gguf"),
                },
                Model);
            jobs.Add(quantization, job);
        }

        return new ExportFile.Weights(name, job.Files[0].Plan, quantization);
    }

    /// <summary>The recipes asked for, by their own names, each once.</summary>
    public IReadOnlyList<string> Quantizations() => request.Quantizations.Count == 0
        ? throw new HafsException(ErrorKind.InvalidArgument, "QuantizationMissing", "name at least one quantization", hint: "Leave the parameter out for " + ExportRequest.DefaultQuantization + ".")
        : [.. request.Quantizations.Select(q => Recipes.Get(q).Name).Distinct()];

    /// <summary>Name of a GGUF file.</summary>
    public string GgufName(string quantization) => $"{Name}-{quantization}.gguf";

    /// <summary>Every file that an export is made of, for telling whether something changed.</summary>
    public IEnumerable<string> Inputs()
    {
        IEnumerable<string> files = gguf is not null
            ? gguf.Files.Select(f => f.Path)
            : new[] { Model.Path, Model.AdapterPath }.OfType<string>().Distinct().SelectMany(Directory.EnumerateFiles).Where(f => !f.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase))
                .Concat(CheckpointFiles.Beside(Folder!).Select(f => f.Source)).Distinct();
        return files.Concat(request.ImportanceMatrix is { } matrix ? [Path.GetFullPath(matrix)] : []).Order(StringComparer.Ordinal);
    }

    /// <summary>Closes the model.</summary>
    public void Dispose()
    {
        foreach (ConversionJob job in jobs.Values)
            job.Dispose();
        gguf?.Dispose();
        Folder?.Dispose();
    }
}
