using HafsModels.Architectures;
using HafsModels.Conversion;
using HafsModels.Formats.Gguf;
using HafsModels.Formats.ImportanceMatrices;
using HafsModels.Inference;
using HafsModels.Quantization;
using HafsModels.Tests.Formats.Gguf;
using HafsModels.Tokenizers;
using Xunit;

namespace HafsModels.Tests.Inference;

public sealed class ImportanceMeasurementTests : IDisposable
{
    // llama.cpp rounds to half precision inside attention, and adds all squares one after the other in float; here batches are added in double.
    private const double Tolerance = 2e-3;

    private readonly string folder = Directory.CreateTempSubdirectory("hafs-measure-").FullName;
    private readonly Workbench workbench = new(Path.Combine(Path.GetTempPath(), "hafs-measure-none", "registry.json"));

    [SkippableTheory]
    [InlineData("kjv-llama", false, false)]
    [InlineData("kjv-llama", true, true)]
    [InlineData("kjv-qwen2", true, false)]
    public void Entries_counts_sums_and_perplexity_are_those_of_llama_imatrix(string model, bool includeOutput, bool addBos)
    {
        _ = Peers.LlamaBin;
        Convert(model, new(Recipes.Get("F32")), "source.gguf", addBos);
        string report = LlamaProgram.RunUntil("Final estimate: PPL = ", folder, "llama-imatrix", ["-m", "source.gguf", "-f", Text("val.txt"), "-o", "theirs.gguf", "-ctk", "f32", "-ctv", "f32", "-fa", "off", "-c", "96", "--chunks", "5", "-t", "2", .. (string[])(includeOutput ? ["--process-output"] : [])]);
        ModelImportance ours = Measure(PathOf("source.gguf"), "ours.gguf", request => request with { IncludeOutput = includeOutput });

        Dictionary<string, float[]> expected = Numbers("theirs.gguf"), actual = Numbers("ours.gguf");
        Assert.Equal(expected.Keys.Order(), actual.Keys.Order());
        Assert.All(expected, e => Near(e.Key, e.Value, actual[e.Key]));
        Assert.All(expected.Where(e => e.Key.EndsWith(".counts", StringComparison.Ordinal)), e => Assert.Equal(e.Value, actual[e.Key]));
        Assert.Equal((5, 480L, expected.Count / 2), (ours.ChunkCount, ours.Tokens, ours.EntryCount));
        string stated = report.Split("Final estimate: PPL = ")[1].Split(' ')[0];
        double perplexity = double.Parse(stated, System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(ours.Perplexity, perplexity * 0.9998, perplexity * 1.0002);
        ImportanceOrigin origin = ImportanceMatrixFile.Read(ours.Path).Origin!;
        Assert.Equal(new ImportanceOrigin("ours.gguf", ours.Sha256, "val.txt", 5, ours.EntryCount), origin);
    }

    [SkippableFact]
    public void Llama_quantize_reads_what_was_measured_and_writes_the_same_bytes_with_it()
    {
        _ = Peers.LlamaBin;
        Convert("kjv-llama", new(Recipes.Get("F32")), "source.gguf");
        ModelImportance importance = Measure(Repository.PathOf("tests", "models", "kjv-llama"), "ours.gguf");
        LlamaProgram.RunIn(folder, "llama-quantize", "--imatrix", "ours.gguf", "source.gguf", "expected.gguf", "IQ2_M", "2");
        Convert("kjv-llama", new(Recipes.Get("IQ2_M")) { Importance = ImportanceMatrixFile.Read(importance.Path) }, "actual.gguf");
        using GgufFile theirs = GgufFile.Open(PathOf("expected.gguf")), ours = GgufFile.Open(PathOf("actual.gguf"));
        GgufTwins.AssertSameTensors(theirs, ours);
        foreach (string key in (ReadOnlySpan<string>)["quantize.imatrix.file", "quantize.imatrix.dataset", "quantize.imatrix.entries_count", "quantize.imatrix.chunks_count"])
            Assert.Equal((key, theirs.Find(key)!.Type, theirs.Find(key)!.Value), (key, ours.Find(key)!.Type, ours.Find(key)!.Value));
    }

    [Fact]
    public void A_checkpoint_and_its_GGUF_file_measure_alike_on_any_number_of_threads()
    {
        Convert("kjv-qwen2", new(Recipes.Get("F32")), "source.gguf");
        Measure(PathOf("source.gguf"), "file.gguf");
        Measure(Repository.PathOf("tests", "models", "kjv-qwen2"), "folder.gguf");
        Measure(PathOf("source.gguf"), "threads.gguf", request => request with { Threads = 3 });
        Dictionary<string, float[]> file = Numbers("file.gguf"), checkpoint = Numbers("folder.gguf");
        Assert.All(file, e => Near(e.Key, e.Value, checkpoint[e.Key]));
        Assert.Equal(File.ReadAllBytes(PathOf("file.gguf")), File.ReadAllBytes(PathOf("threads.gguf")));
    }

    [Fact]
    public void A_text_shorter_than_a_chunk_is_refused_and_nothing_is_written()
    {
        File.WriteAllText(PathOf("short.txt"), "In the beginning");
        HafsException error = Assert.Throws<HafsException>(() => Measure(Repository.PathOf("tests", "models", "kjv-llama"), "ours.gguf", request => request with { TextPath = PathOf("short.txt") }));
        Assert.Equal("ImportanceTextTooShort", error.Id);
        Assert.Equal(["short.txt"], Directory.GetFiles(folder).Select(Path.GetFileName));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(0)]
    [InlineData(-1)]
    public void A_chunk_too_short_to_predict_anything_is_refused(int tokens)
    {
        HafsException error = Assert.Throws<HafsException>(() => Measure(Repository.PathOf("tests", "models", "kjv-llama"), "ours.gguf", request => request with { ContextLength = tokens }));
        Assert.Equal(("ImportanceChunkTooShort", ErrorKind.InvalidArgument), (error.Id, error.Kind));
    }

    [Fact]
    public void An_output_that_exists_is_kept_unless_forced()
    {
        File.WriteAllText(PathOf("ours.gguf"), "mine");
        HafsException error = Assert.Throws<HafsException>(() => Measure(Repository.PathOf("tests", "models", "kjv-llama"), "ours.gguf"));
        Assert.Equal("OutputExists", error.Id);
        Assert.Equal("mine", File.ReadAllText(PathOf("ours.gguf")));
        Measure(Repository.PathOf("tests", "models", "kjv-llama"), "ours.gguf", request => request with { Force = true, ChunkCount = 1 });
        Assert.Single(ImportanceMatrixFile.Read(PathOf("ours.gguf")).Columns, c => c.Key == "blk.0.attn_q.weight");
    }

    [Fact]
    public void Cancelling_between_chunks_leaves_nothing_behind()
    {
        using var cancellation = new CancellationTokenSource();
        var progress = new StopAtSecondChunk(cancellation);
        var request = new ImportanceRequest { Path = Repository.PathOf("tests", "models", "kjv-llama"), TextPath = Text("val.txt"), OutputPath = PathOf("ours.gguf"), ContextLength = 96 };
        Assert.ThrowsAny<OperationCanceledException>(() => workbench.MeasureImportance(request, progress, cancellation.Token));
        Assert.Equal(1, progress.Last);
        Assert.Empty(Directory.GetFiles(folder));
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static string Text(string name) => Repository.PathOf("tests", "models", name);

    private static void Near(string name, float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) <= Tolerance * Math.Abs(expected[i]), $"{name}[{i}]: {actual[i]}, not {expected[i]}");
    }

    private string PathOf(string name) => Path.Combine(folder, name);

    private ModelImportance Measure(string source, string output, Func<ImportanceRequest, ImportanceRequest>? change = null)
    {
        var request = new ImportanceRequest { Path = source, TextPath = Text("val.txt"), OutputPath = PathOf(output), ContextLength = 96, ChunkCount = 5 };
        return workbench.MeasureImportance(change?.Invoke(request) ?? request, null, CancellationToken.None);
    }

    // Sums and counts; llama-imatrix writes derived numbers as well.
    private Dictionary<string, float[]> Numbers(string name)
    {
        using GgufFile file = GgufFile.Open(PathOf(name));
        return file.Tensors.Where(t => t.Name.EndsWith(ActivationSums.SquaresSuffix, StringComparison.Ordinal) || t.Name.EndsWith(ActivationSums.CountsSuffix, StringComparison.Ordinal)).ToDictionary(t => t.Name, t =>
        {
            float[] values = new float[t.Shape.ElementCount];
            file.OpenRows(t.Name).Read(0, values);
            return values;
        });
    }

    private void Convert(string model, QuantizationOptions quantization, string output, bool addBos = false)
    {
        string path = Repository.PathOf("tests", "models", model);
        using ModelFolder open = ModelFolder.Open(path);
        var options = new GgufExportOptions { Name = model, Metadata = addBos ? new Dictionary<string, object> { ["tokenizer.ggml.add_bos_token"] = true, ["tokenizer.ggml.bos_token_id"] = 2047u } : [] };
        PlanRunner.Run(GgufExport.Plan(open, Vocabulary.Load(path), quantization, options), PathOf(output), 2, allowNonFinite: false, null, CancellationToken.None);
    }

    private sealed class StopAtSecondChunk(CancellationTokenSource cancellation) : IProgress<WorkProgress>
    {
        public long Last { get; private set; }

        public void Report(WorkProgress value)
        {
            Last = value.CompletedBytes;
            if (Last == 1)
                cancellation.Cancel();
        }
    }
}
