using HafsModels.Conversion;
using HafsModels.Formats.Gguf;
using HafsModels.Tensors;
using HafsModels.Tests.Quantization;
using Xunit;

namespace HafsModels.Tests.Conversion;

/// <summary>Split and merged files, whole and byte by byte, against the real llama-gguf-split.</summary>
public sealed class GgufSplittingPeerTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("hafs-split-").FullName;

    [SkippableTheory]
    [InlineData("--split-max-tensors 1", 1, 0, false)]
    [InlineData("--split-max-tensors 7", 7, 0, false)]
    [InlineData("--split-max-tensors 300", 300, 0, false)]
    [InlineData("--split-max-tensors 7 --no-tensor-first-split", 7, 0, true)]
    [InlineData("--split-max-size 1M", 0, 1_000_000, false)]
    [InlineData("--split-max-size 2M", 0, 2_000_000, false)]
    [InlineData("--split-max-size 3M", 0, 3_000_000, false)]
    [InlineData("--split-max-size 3M --no-tensor-first-split", 0, 3_000_000, true)]
    public void Split_and_merged_files_are_those_of_llama_gguf_split(string arguments, int maxTensors, long maxBytes, bool noTensorsInFirst)
    {
        string source = Path.Combine(folder, "source.gguf");
        new RecipeCase("moe", "llama", 3, 4, 2, 256, 512) { Experts = 4 }.Write(source, GgmlType.F32);
        LlamaProgram.Run("llama-gguf-split", ["--split", .. arguments.Split(' '), source, Path.Combine(folder, "expected")]);
        string[] expected = [.. Directory.EnumerateFiles(folder, "expected-*").Order(StringComparer.Ordinal)], actual;
        using (GgufSet set = GgufSet.Open(source))
        {
            IReadOnlyList<PlannedFile> files = GgufSplitting.Split(set, Path.Combine(folder, "actual"), new() { MaxTensors = maxTensors, MaxBytes = maxBytes, NoTensorsInFirst = noTensorsInFirst });
            PlanRunner.Run(files, 2, allowNonFinite: true, errors: null, source: null, null, CancellationToken.None);
            actual = [.. files.Select(f => f.Path)];
        }

        Assert.Equal(expected.Select(f => Path.GetFileName(f).Replace("expected", "actual", StringComparison.Ordinal)), actual.Select(Path.GetFileName));
        foreach ((string theirs, string ours) in expected.Zip(actual))
            Files.Same(theirs, ours);
        if (actual.Length == 1)
            return;

        // Each tool merges what the other has split.
        LlamaProgram.Run("llama-gguf-split", "--merge", actual[0], Path.Combine(folder, "merged-by-them.gguf"));
        using (GgufSet set = GgufSet.Open(expected[0]))
            PlanRunner.Run([GgufSplitting.Merge(set, Path.Combine(folder, "merged.gguf"))], 2, allowNonFinite: true, errors: null, source: null, null, CancellationToken.None);
        Files.Same(Path.Combine(folder, "merged-by-them.gguf"), Path.Combine(folder, "merged.gguf"));
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);
}
