using System.Globalization;
using System.Text.Json;
using Google.Protobuf;
using HafsModels.Architectures;
using HafsModels.Conversion.Onnx;
using HafsModels.Exports.Verification;
using HafsModels.Formats;
using HafsModels.Formats.Onnx;
using HafsModels.Inference;
using HafsModels.Inference.Onnx;
using HafsModels.Inference.Onnx.Browser;
using HafsModels.Tokenizers;

namespace HafsModels.Exports.Onnx;

/// <summary>What must hold of an ONNX export: its graphs find their data, config.json states both, and the models run in ONNX Runtime and, where that is asked for, in a browser.</summary>
internal static class OnnxRules
{
    private const string PlainPrompt = "In the beginning";
    private const int MaxConfigBytes = 16 << 20;

    /// <summary>The rules, in order.</summary>
    public static IReadOnlyList<ExportRule> All { get; } =
    [
        new("graphs", Graphs),
        new("config", Config),
        WeightRules.TokenizerRule,
        new("run", Run, Runs: true) { When = _ => OnnxRuntimeLibrary.Find() is not null },

        // Nothing that was not run counts as having run.
        new("not run", _ => $"ONNX Runtime is not installed; {OnnxRuntimeLibrary.Variable} names its library", Runs: true) { When = o => OnnxRuntimeLibrary.Find() is null && o.SourcePath is null && o.Devices.Count == 0 },
        new("source", Source, Runs: true) { When = o => o.SourcePath is not null },
        new("browser", Browser, Runs: true) { When = o => o.Devices.Count > 0 },
    ];

    private static string Graphs(ExportContents export) => Each(export, path =>
    {
        ModelProto model;
        try
        {
            model = ModelProto.Parser.ParseFrom(File.ReadAllBytes(path));
        }
        catch (InvalidProtocolBufferException error)
        {
            throw Broken(path, $"is no ONNX model: {error.Message}");
        }

        int external = 0;
        foreach (TensorProto tensor in model.Graph?.Initializer ?? [])
        {
            if (tensor.DataLocation != TensorProto.Types.DataLocation.External)
                continue;
            external++;
            Dictionary<string, string> place = tensor.ExternalData.DistinctBy(e => e.Key).ToDictionary(e => e.Key, e => e.Value);
            string file = place.GetValueOrDefault("location") ?? "";
            if (Path.GetFileName(file) != file || !File.Exists(Path.Combine(Path.GetDirectoryName(path)!, file)))
                throw Broken(path, $"tensor {tensor.Name} lies in {file}, which is not beside it");
            long size = new FileInfo(Path.Combine(Path.GetDirectoryName(path)!, file)).Length;
            if (!long.TryParse(place.GetValueOrDefault("offset"), CultureInfo.InvariantCulture, out long offset) || !long.TryParse(place.GetValueOrDefault("length"), CultureInfo.InvariantCulture, out long length)
                || offset < 0 || length < 0 || offset > size - length)
            {
                throw Broken(path, $"tensor {tensor.Name} has {place.GetValueOrDefault("length")} bytes from {place.GetValueOrDefault("offset")} on in {file}, which has {size:N0}");
            }
        }

        return external == 0 ? throw Broken(path, "has no weights") : $"{model.Graph!.Node.Count} operators, {external} tensors lie where the graph says";
    });

    private static string Config(ExportContents export)
    {
        using JsonDocument config = JsonFile.Read(export.PathOf("config.json"), MaxConfigBytes, "ExportBroken", "ExportBroken");
        foreach (string graph in Models(export))
        {
            string name = Path.GetFileName(graph);
            int chunks = export.Files.Count(f => Path.GetFileName(f).StartsWith(name + "_data", StringComparison.Ordinal));
            int stated = config.RootElement.Member("transformers.js_config")?.Member("use_external_data_format")?.Integer(name) ?? 0;
            if (stated != chunks)
                throw Broken(export.PathOf("config.json"), $"states {stated} files of external data for {name}, and there are {chunks}");
        }

        return "states caches and external data";
    }

    private static string Run(ExportContents export)
    {
        using OnnxRuntimeLibrary library = OnnxRuntimeLibrary.Load();
        var tokenizer = Tokenizer.Load(export.Path);
        string prompt = export.Options.Prompt ?? PlainPrompt;
        int[] tokens = tokenizer.Encode(prompt), stops = [.. StopTokens.Of(Vocabulary.Load(export.Path))];
        return Each(export, path =>
        {
            using OnnxDecoder decoder = OnnxDecoder.Open(library, path, export.Options.Provider, export.Options.Threads);
            using (OnnxSession session = decoder.NewSession())
            {
                float[] logits = session.Append(tokens, export.Stop);
                if (Array.Exists(logits, l => !float.IsFinite(l)))
                    throw Broken(path, "the model gives logits that are not finite numbers");
                if (logits.Max() - logits.Min() < 1e-6f)
                    throw Broken(path, "the model finds all tokens equally probable: its weights are damaged or empty");
            }

            (List<int> first, double speed) = OnnxMeasurement.Generate(decoder, tokens, export.Options.MaxTokens, stops, export.Stop);
            for (int i = 1; i < export.Options.Repeats; i++)
            {
                if (!first.SequenceEqual(OnnxMeasurement.Generate(decoder, tokens, export.Options.MaxTokens, stops, export.Stop).Tokens))
                    throw Broken(path, "answers to the same prompt differ");
            }

            string text = tokenizer.Decode([.. first]);
            if (export.Sample.Prompt.Length == 0)
                export.Sample = (prompt, text);
            return string.Create(CultureInfo.InvariantCulture, $"ONNX Runtime {library.Version} on {export.Options.Provider}: {first.Count} tokens, {speed:F1} a second: '{HumanNumber.OneLine(text, 60)}'");
        });
    }

    private static string Source(ExportContents export)
    {
        using OnnxRuntimeLibrary library = OnnxRuntimeLibrary.Load();
        using TextGenerator source = TextGenerator.Open(new ModelSource(export.Options.SourcePath!), export.Options.Threads, export.Stop);
        return Each(export, path =>
        {
            OnnxVerification found = OnnxMeasurement.Measure(library, source, path, export.Options.Provider, new FidelityOptions { Threads = export.Options.Threads, GeneratedTokens = export.Options.MaxTokens }, export.Stop);
            export.Runtime.Add(found);
            return string.Create(
                CultureInfo.InvariantCulture,
                $"top-1 {found.Fidelity.Top1Agreement:P1}, mean KL {found.Fidelity.MeanKlDivergence:G3} nats, logits within {found.LargestLogitDifference:G3}, {found.SameTokens} of {found.GeneratedTokens} tokens the same, {found.Fidelity.ResultTokensPerSecond:F1} a second");
        });
    }

    private static string Browser(ExportContents export)
    {
        string[] types = [.. Models(export).Select(f => OnnxDataTypes.All.FirstOrDefault(t => t.FileName == Path.GetFileName(f))?.Name).OfType<string>()];
        foreach (string device in export.Options.Devices)
        {
            // A picture for each device, under one name when there is one.
            string? picture = export.Options.ScreenshotPath is { } path && export.Options.Devices.Count > 1 ? Path.ChangeExtension(path, $".{device}.png") : export.Options.ScreenshotPath;
            export.Browser.AddRange(BrowserTest.RunAsync(
                new BrowserRequest { Folder = export.Path, DataTypes = types, Device = device, Prompt = export.Options.Prompt ?? PlainPrompt, MaxTokens = export.Options.MaxTokens, ScreenshotPath = picture },
                null,
                export.Stop).GetAwaiter().GetResult());
        }

        if (export.Browser.FirstOrDefault(r => !r.Ran) is { } failed)
            throw Broken(export.Path, $"{failed.DataType} on {failed.Device}: {failed.Error}");
        return string.Join("; ", export.Browser.Select(r => string.Create(CultureInfo.InvariantCulture, $"{r.DataType} on {r.Device}: {r.TokensPerSecond:F1} tokens a second: '{HumanNumber.OneLine(r.Text, 40)}'")));
    }

    private static string[] Models(ExportContents export) => [.. export.Files.Where(f => f.StartsWith(OnnxFormat.Graphs, StringComparison.Ordinal) && f.EndsWith(".onnx", StringComparison.Ordinal))];

    private static string Each(ExportContents export, Func<string, string> look)
    {
        string[] models = Models(export);
        return string.Join("; ", models.Select(m => models.Length == 1 ? look(export.PathOf(m)) : $"{Path.GetFileNameWithoutExtension(m)}: {look(export.PathOf(m))}"));
    }

    private static HafsException Broken(string file, string what) => new(ErrorKind.InvalidData, "ExportBroken", $"{Path.GetFileName(file)}: {what}", file);
}
