using System.Globalization;
using HafsModels.Exports.Verification;

namespace HafsModels.Exports.Ollama;

/// <summary>GGUF files with a Modelfile each, for <c>ollama create</c>.</summary>
internal sealed class OllamaFormat : ExportFormat
{
    private const string Install = "INSTALL.md";

    // What Ollama takes where a Modelfile says nothing; a model made for less must say so.
    private const int DefaultContext = 4096;

    /// <inheritdoc/>
    public override string Name => "Ollama";

    /// <inheritdoc/>
    public override string About => "GGUF with a Modelfile: template, stops and parameters of the model's own files";

    /// <inheritdoc/>
    public override IReadOnlyList<RequiredFile> Required { get; } = [new("*.gguf", HoldsWeights: true), new(Modelfile.FileName), new(Install)];

    /// <inheritdoc/>
    internal override string WeightFormat => "gguf";

    /// <inheritdoc/>
    internal override IReadOnlyList<ExportRule> Rules { get; } = [new("modelfile", OllamaRules.Modelfiles), new("template", OllamaRules.Templates), .. WeightRules.All];

    /// <inheritdoc/>
    internal override IReadOnlyList<ExportFile> Files(ExportSource source, ExportRequest request, List<string> warnings)
    {
        IReadOnlyList<string> quantizations = source.Quantizations();
        DerivedTemplate derived = TemplateDerivation.Derive(source.Vocabulary, source.Generation.EndIds);
        if (request.Template is { } given)
        {
            OllamaTemplate.Parse(given);
            derived = derived with { Template = given, Warnings = [] };
        }

        warnings.AddRange(derived.Warnings);
        if (derived.Stops.Where(s => ModelfileParser.Printed(s) != s).ToArray() is { Length: > 0 } unsaid)
        {
            warnings.Add($"a Modelfile cannot say {unsaid.Length} of the stops, which have characters that print nothing");
            derived = derived with { Stops = [.. derived.Stops.Except(unsaid)] };
        }

        if (request.System is { } system && Plain(system) is var printed && printed != system)
        {
            warnings.Add("rare spaces of the system message become plain ones, and characters that print nothing are left out: a Modelfile cannot say them");
            request = request with { System = printed };
        }

        var files = new List<ExportFile>();
        foreach (string quantization in quantizations)
        {
            string gguf = source.GgufName(quantization);
            Modelfile modelfile = Describe(source, request, derived, gguf);
            files.Add(source.Gguf(gguf, quantization));
            files.Add(new ExportFile.Made(FileName(quantizations, quantization), modelfile.ToText()));
        }

        files.Add(new ExportFile.Made(Install, InstallText.Of(source, quantizations, derived)));
        return files;
    }

    /// <summary>What the Modelfile of a quantization is called: the first one has the plain name.</summary>
    internal static string FileName(IReadOnlyList<string> quantizations, string quantization) =>
        quantization == quantizations[0] ? Modelfile.FileName : $"{Modelfile.FileName}.{quantization}";

    // Ollama leaves out what prints nothing, and rare spaces with it; between words a space must stay.
    private static string Plain(string text) =>
        ModelfileParser.Printed(string.Concat(text.Select(c => char.IsWhiteSpace(c) && c is not ('\n' or '\r' or '\t') ? ' ' : c)));

    private static Modelfile Describe(ExportSource source, ExportRequest request, DerivedTemplate derived, string gguf)
    {
        List<ModelfileInstruction> instructions = [new("FROM", "", "./" + gguf), new("TEMPLATE", "", derived.Template)];
        if (request.System is { } system)
            instructions.Add(new("SYSTEM", "", system));
        instructions.AddRange(Parameters(source, request).Select(p => new ModelfileInstruction("PARAMETER", p.Key, p.Value)));
        if (!request.Parameters.ContainsKey("stop"))
            instructions.AddRange(derived.Stops.Select(s => new ModelfileInstruction("PARAMETER", "stop", s)));
        if ((source.LicenseText ?? source.License) is { } license)
            instructions.Add(new("LICENSE", "", Plain(license)));
        return new Modelfile(instructions);
    }

    private static SortedDictionary<string, string> Parameters(ExportSource source, ExportRequest request)
    {
        var all = new SortedDictionary<string, string>(StringComparer.Ordinal);
        if (source.ContextLength is > 0 and < DefaultContext and var context)
            all["num_ctx"] = context.ToString(CultureInfo.InvariantCulture);
        foreach ((string name, double value) in source.Generation.Numbers)
            all[name] = value.ToString("R", CultureInfo.InvariantCulture);
        foreach ((string name, string value) in request.Parameters)
        {
            if (ModelfileParameter.Check(name, value) is { } complaint)
                throw new HafsException(ErrorKind.InvalidArgument, "OllamaParameter", complaint, name, "There are " + string.Join(", ", ModelfileParameter.All.Select(p => p.Name)) + ".");
            all[name] = value;
        }

        return all;
    }
}
