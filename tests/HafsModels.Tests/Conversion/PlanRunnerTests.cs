using System.Security.Cryptography;
using HafsModels.Architectures;
using HafsModels.Conversion;
using HafsModels.Formats.Gguf;
using HafsModels.Quantization;
using HafsModels.Tensors;
using HafsModels.Tokenizers;
using Xunit;

namespace HafsModels.Tests.Conversion;

public sealed class PlanRunnerTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("hafs-plan-").FullName;

    [Fact]
    public void The_bytes_are_the_same_whatever_the_number_of_threads()
    {
        string path = Repository.PathOf("tests", "models", "kjv-qwen2");
        using ModelFolder model = ModelFolder.Open(path);
        ExportPlan plan = GgufExport.Plan(model, Vocabulary.Load(path), new(Recipes.Get("Q4_K_M")), new GgufExportOptions { Name = "x" });
        string output = Path.Combine(folder, "x.gguf");
        string[] hashes = [.. ((int[])[1, 2, 3, 7, 16, 64]).Select(threads => PlanRunner.Run(plan, output, threads, false, null, CancellationToken.None))];
        Assert.Single(hashes.Distinct());
        Assert.Equal(hashes[0], Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(output))));
        Assert.Equal(plan.FileBytes, new FileInfo(output).Length);
    }

    [Fact]
    public void Progress_counts_every_source_byte_once()
    {
        ExportPlan plan = Plan(new Ramp(1000, 512));
        var progress = new Log();
        PlanRunner.Run(plan, Path.Combine(folder, "x.gguf"), 4, false, progress, CancellationToken.None);
        Assert.Equal(plan.SourceBytes, progress.Reports.Max(r => r.CompletedBytes));
        Assert.All(progress.Reports, r => Assert.Equal(plan.SourceBytes, r.TotalBytes));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void A_number_that_is_not_finite_is_refused_with_its_place(float value)
    {
        string output = Path.Combine(folder, "x.gguf");
        ExportPlan plan = Plan(new Ramp(1000, 512) { Special = (777, 33, value) });
        HafsException error = Assert.Throws<HafsException>(() => PlanRunner.Run(plan, output, 2, false, null, CancellationToken.None));
        Assert.Equal("NotFinite", error.Id);
        Assert.Contains("row 777, column 33", error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(folder));

        PlanRunner.Run(plan, output, 2, allowNonFinite: true, null, CancellationToken.None);
        Assert.True(File.Exists(output));
    }

    [Fact]
    public void Cancelling_removes_what_was_written_and_leaves_an_older_output_as_it_was()
    {
        string output = Path.Combine(folder, "x.gguf");
        File.WriteAllText(output, "older");
        using var cancellation = new CancellationTokenSource();
        var progress = new Log { OnReport = _ => cancellation.Cancel() };
        Assert.ThrowsAny<OperationCanceledException>(() => PlanRunner.Run(Plan(new Ramp(20_000, 512)), output, 2, false, progress, cancellation.Token));
        Assert.Equal("older", File.ReadAllText(output));
        Assert.Equal([output], Directory.GetFiles(folder));
    }

    [Fact]
    public void Two_runs_cannot_write_the_same_output_at_once()
    {
        string output = Path.Combine(folder, "x.gguf");
        HafsException? second = null;
        var progress = new Log
        {
            OnReport = _ => second ??= Record.Exception(() => PlanRunner.Run(Plan(new Ramp(10, 512)), output, 1, false, null, CancellationToken.None)) as HafsException,
        };
        PlanRunner.Run(Plan(new Ramp(10, 512)), output, 1, false, progress, CancellationToken.None);
        Assert.Equal(("OutputInUse", ErrorKind.Conflict), (second!.Id, second.Kind));
        Assert.True(File.Exists(output));
    }

    [Fact]
    public void A_partial_file_of_a_killed_run_is_replaced()
    {
        string output = Path.Combine(folder, "x.gguf");
        File.WriteAllBytes(output + ".partial", new byte[10_000_000]);
        ExportPlan plan = Plan(new Ramp(10, 512));
        PlanRunner.Run(plan, output, 1, false, null, CancellationToken.None);
        Assert.Equal(plan.FileBytes, new FileInfo(output).Length);
        Assert.Equal([output], Directory.GetFiles(folder));
    }

    [Fact]
    public void A_source_that_fails_midway_leaves_nothing()
    {
        HafsException error = Assert.Throws<HafsException>(() =>
            PlanRunner.Run(Plan(new Ramp(5000, 512) { FailsAt = 2500 }), Path.Combine(folder, "x.gguf"), 2, false, null, CancellationToken.None));
        Assert.Equal("Boom", error.Id);
        Assert.Empty(Directory.GetFiles(folder));
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static ExportPlan Plan(TensorRows rows)
    {
        (GgufHeader header, byte[] bytes, long fileBytes) = GgufHeader.Build([new("general.architecture", new("test"))], [("ramp", GgmlType.Q8_0, rows.Shape)]);
        return new ExportPlan("Test", bytes, [new PlannedTensor("ramp", GgmlType.Q8_0, header.Tensors[0].Offset, header.Tensors[0].ByteSize, rows)], fileBytes);
    }

    private sealed class Ramp(long rows, long columns) : TensorRows
    {
        public (long Row, int Column, float Value)? Special { get; init; }

        public long FailsAt { get; init; } = long.MaxValue;

        public override Shape Shape { get; } = new(rows, columns);

        public override long SourceBytesPerRow => 4 * columns;

        public override void Read(long firstRow, Span<float> destination)
        {
            for (int i = 0; i < destination.Length; i++)
            {
                long row = firstRow + i / RowLength;
                if (row >= FailsAt)
                    throw new HafsException(ErrorKind.InvalidData, "Boom", "the source broke");
                destination[i] = Special is { } s && s.Row == row && s.Column == i % RowLength ? s.Value : row - i % RowLength;
            }
        }
    }

    private sealed class Log : IProgress<WorkProgress>
    {
        public Action<WorkProgress>? OnReport { get; init; }

        public List<WorkProgress> Reports { get; } = [];

        public void Report(WorkProgress value)
        {
            lock (Reports)
                Reports.Add(value);
            OnReport?.Invoke(value);
        }
    }
}
