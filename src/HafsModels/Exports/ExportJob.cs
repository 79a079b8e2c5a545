using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using HafsModels.Architectures;
using HafsModels.Conversion;

namespace HafsModels.Exports;

/// <summary>An open model and what its export in several formats would write.</summary>
internal sealed class ExportJob : IDisposable
{
    // A loss may be no number.
    private static readonly JsonSerializerOptions Settings = new() { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    private readonly ExportSource source;

    private ExportJob(ExportSource source, ExportRequest request)
    {
        this.source = source;
        Request = request;
        string root = Path.GetFullPath(request.OutputPath ?? Path.Combine(source.Home, "exports"));
        Root = Path.Combine(root, source.Name);
        if (request.Formats.Count == 0)
            throw new HafsException(ErrorKind.InvalidArgument, "ExportFormatMissing", "name at least one format", hint: "There are " + string.Join(", ", ExportFormats.All.Select(f => f.Name)) + ".");
        Parts = [.. request.Formats.Select(ExportFormats.Get).Distinct().Select(Plan)];
    }

    /// <summary>What was asked for.</summary>
    public ExportRequest Request { get; }

    /// <summary>Folder that takes a folder for each format.</summary>
    public string Root { get; }

    /// <summary>What would be written, one a format.</summary>
    public IReadOnlyList<Part> Parts { get; }

    /// <summary>The open model.</summary>
    public ExportSource Source => source;

    /// <summary>Opens a model and plans its export; reads headers only.</summary>
    /// <exception cref="HafsException">There is no such format, or the model cannot be exported in one.</exception>
    public static ExportJob Open(ExportRequest request, ModelSource model)
    {
        ExportSource source = ExportSource.Open(request, model);
        try
        {
            return new ExportJob(source, request);
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    /// <summary>Closes the model.</summary>
    public void Dispose() => source.Dispose();

    private Part Plan(ExportFormat format)
    {
        List<string> warnings = [.. source.Warnings];
        IReadOnlyList<ExportFile> files = format.Files(source, Request, warnings);
        string output = Path.Combine(Root, format.FolderName), fingerprint = Fingerprint(format);
        return new Part(format, output, files, fingerprint, StateOf(output, fingerprint), warnings);
    }

    private ExportState StateOf(string output, string fingerprint)
    {
        if (!Directory.Exists(output) || !Directory.EnumerateFileSystemEntries(output).Any())
            return File.Exists(output) ? ExportState.NeedsForce : ExportState.New;
        return ExportManifest.TryRead(output) is not { } manifest || manifest.Model != source.Name || !manifest.IsIntact(output) ? ExportState.NeedsForce
            : manifest.Fingerprint == fingerprint && (manifest.Verified || Request.SkipVerification) && !Request.Force ? ExportState.Unchanged
            : ExportState.Replaces;
    }

    // Times and sizes stand for the contents of large files, as they do for build tools.
    private string Fingerprint(ExportFormat format)
    {
        var text = new StringBuilder();
        text.AppendLine(typeof(ExportJob).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion).AppendLine(format.Name).AppendLine(source.Name);
        foreach (string input in source.Inputs())
        {
            FileInfo file = SourceFile.Of(input);
            text.AppendLine(System.Globalization.CultureInfo.InvariantCulture, $"{input} {file.Length} {file.LastWriteTimeUtc.Ticks}");
        }

        text.Append(JsonSerializer.Serialize(new
        {
            Quantizations = format.WeightFormat switch { "gguf" => source.Quantizations(), "onnx" => Request.OnnxDataTypes, _ => [] },
            Request.Adapter,
            Request.ImportanceMatrix,
            Request.MaxShardBytes,
            Request.DataType,
            Request.System,
            Request.Template,
            Parameters = Request.Parameters.OrderBy(p => p.Key, StringComparer.Ordinal),
            Request.License,
            Request.BaseModel,
            Request.Publisher,
            Request.TextOnly,
            Request.AllowRequantize,
            Request.Conversion.Author,
            Request.Conversion.Description,
            Request.Conversion.Experiment,
        }, Settings));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }

    /// <summary>One format's share of an export.</summary>
    /// <param name="Format">The format.</param>
    /// <param name="OutputPath">Full path of the folder.</param>
    /// <param name="Files">What it will hold.</param>
    /// <param name="Fingerprint">Stands for everything it is made of.</param>
    /// <param name="State">What it does to what is there.</param>
    /// <param name="Warnings">What the user should know.</param>
    public sealed record Part(ExportFormat Format, string OutputPath, IReadOnlyList<ExportFile> Files, string Fingerprint, ExportState State, IReadOnlyList<string> Warnings)
    {
        /// <summary>Bytes of all files.</summary>
        public long SizeBytes => Files.Sum(f => f.SizeBytes);

        /// <summary>The folder while it is written.</summary>
        public string Partial => OutputPath + WholeFolder.PartialSuffix;
    }
}
