using HafsModels.Architectures;
using HafsModels.Conversion;
using HafsModels.Tensors;
using HafsModels.Tests.Tokenizers;
using Xunit;

namespace HafsModels.Tests.Conversion;

/// <summary>Several outputs from one pass over the source.</summary>
public class RunTogetherTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Many_quantizations_read_each_byte_of_the_source_once_and_write_what_single_conversions_write(bool fromGguf)
    {
        using var scratch = new ScratchFolder();
        string source = Repository.PathOf("tests", "models", "kjv-llama");
        if (fromGguf)
            source = Single(source, "BF16", Path.Combine(scratch.Path, "source-BF16.gguf"));
        string[] quantizations = ["Q4_K_M", "Q8_0", "BF16", "Q6_K", "Q8_0"];
        ConversionJob[] jobs = [.. quantizations.Select((q, i) => ConversionJob.Open(new ConvertRequest { Quantization = q, ModelId = "same", OutputPath = Path.Combine(scratch.Path, $"{i}-{q}.gguf") }, new ModelSource(source)))];
        long read = 0;
        PlannedFile[] files = [.. jobs.Select(j => j.Files[0]).Select(f => new PlannedFile(f.Path, f.Plan with { Tensors = [.. f.Plan.Tensors.Select(t => t with { Rows = Counted(t.Rows) })] }))];

        IReadOnlyList<string> hashes = PlanRunner.RunTogether(files, 2, false, null, CancellationToken.None);

        Assert.Equal(files[0].Plan.SourceBytes, read);
        foreach (((PlannedFile file, string hash), string quantization) in files.Zip(hashes).Zip(quantizations))
        {
            byte[] expected = File.ReadAllBytes(Single(source, quantization, Path.Combine(scratch.Path, "single.gguf")));
            Assert.Equal(expected, File.ReadAllBytes(file.Path));
            Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(expected)), hash);
        }

        foreach (ConversionJob job in jobs)
            job.Dispose();

        TensorRows Counted(TensorRows rows) => rows is StoredRows stored ? new CountedStored(stored, n => Interlocked.Add(ref read, n)) : new CountedRows(rows, n => Interlocked.Add(ref read, n));
    }

    [Fact]
    public void Plans_with_other_tensors_are_refused_and_nothing_is_written()
    {
        using var scratch = new ScratchFolder();
        using ConversionJob one = ConversionJob.Open(new ConvertRequest { Quantization = "Q8_0", OutputPath = Path.Combine(scratch.Path, "1.gguf") }, new ModelSource(Repository.PathOf("tests", "models", "kjv-llama")));
        using ConversionJob other = ConversionJob.Open(new ConvertRequest { Quantization = "Q8_0", OutputPath = Path.Combine(scratch.Path, "2.gguf") }, new ModelSource(Repository.PathOf("tests", "models", "kjv-qwen2")));

        Assert.Equal("PlansDiffer", Assert.Throws<HafsException>(() => PlanRunner.RunTogether([one.Files[0], other.Files[0]], 0, false, null, CancellationToken.None)).Id);

        Assert.Empty(Directory.GetFiles(scratch.Path));
    }

    private static string Single(string source, string quantization, string output)
    {
        using ConversionJob job = ConversionJob.Open(new ConvertRequest { Quantization = quantization, ModelId = "same", OutputPath = output }, new ModelSource(source));
        job.Run(2, false, null, null, CancellationToken.None);
        return output;
    }

    private sealed class CountedRows(TensorRows rows, Action<long> count) : TensorRows
    {
        public override Shape Shape => rows.Shape;

        public override long SourceBytesPerRow => rows.SourceBytesPerRow;

        public override void Read(long firstRow, Span<float> destination)
        {
            count(destination.Length / RowLength * SourceBytesPerRow);
            rows.Read(firstRow, destination);
        }
    }

    private sealed class CountedStored(StoredRows rows, Action<long> count) : StoredRows
    {
        public override Shape Shape => rows.Shape;

        public override GgmlType Type => rows.Type;

        public override long SourceBytesPerRow => rows.SourceBytesPerRow;

        public override void Read(long firstRow, Span<float> destination)
        {
            count(destination.Length / RowLength * SourceBytesPerRow);
            rows.Read(firstRow, destination);
        }

        public override void ReadStored(long firstRow, Span<byte> destination)
        {
            count(destination.Length / Type.RowBytes(RowLength) * SourceBytesPerRow);
            rows.ReadStored(firstRow, destination);
        }
    }
}
