using System.Buffers.Binary;
using HafsModels.Conversion;
using HafsModels.Formats.Gguf;
using HafsModels.Quantization;
using HafsModels.Tensors;
using HafsModels.Tests.Quantization;
using Xunit;

namespace HafsModels.Tests.Conversion;

/// <summary>GGUF files as sources: what needs no peer.</summary>
public sealed class GgufSourceTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("hafs-source-").FullName;

    [Fact]
    public void The_bytes_do_not_depend_on_the_number_of_threads()
    {
        string source = Source(GgmlType.F16);
        using GgufSet set = GgufSet.Open(source);
        ExportPlan plan = Assert.Single(GgufRequantization.Plan(set, new(Recipes.Get("Q4_K_M")), new()));
        string[] hashes = [.. ((int[])[1, 2, 3, 8, 64]).Select(threads => PlanRunner.Run(plan, Path.Combine(folder, "x.gguf"), threads, false, null, CancellationToken.None))];
        Assert.Single(hashes.Distinct());
    }

    [Theory]
    [InlineData(GgmlType.F32, "Q8_0")]
    [InlineData(GgmlType.F32, "COPY")]
    [InlineData(GgmlType.F16, "Q4_K_M")]
    [InlineData(GgmlType.Q8_0, "COPY")]
    [InlineData(GgmlType.Q4_K, "F16")]
    [InlineData(GgmlType.Q4_K, "COPY")]
    public void A_number_that_is_not_finite_is_refused_with_its_place_also_in_a_scale(GgmlType type, string recipe)
    {
        string source = Source(type);
        using (GgufFile file = GgufFile.Open(source))
            Spoil(file.FindTensor("blk.1.attn_q.weight")!, source);
        var request = new ConvertRequest { Path = source, Quantization = recipe, OutputPath = Path.Combine(folder, "x.gguf"), AllowRequantize = true };
        using ConversionJob job = ConversionJob.Open(request, new(source));
        HafsException error = Assert.Throws<HafsException>(() => job.Run(2, allowNonFinite: false, null, null, CancellationToken.None));
        Assert.Equal("NotFinite", error.Id);
        Assert.StartsWith("blk.1.attn_q.weight: row 3, column 0 is", error.Message, StringComparison.Ordinal);
        Assert.Equal(["source.gguf"], Directory.EnumerateFiles(folder).Select(Path.GetFileName));
        job.Run(2, allowNonFinite: true, null, null, CancellationToken.None);
        Assert.True(File.Exists(Path.Combine(folder, "x.gguf")));
    }

    [Fact]
    public void Metadata_are_changed_in_place_and_the_tensors_stay()
    {
        string source = Source(GgmlType.F16);
        (GgufTensor Tensor, byte[] Bytes)[] before = Tensors(source);
        using (GgufFileJob job = GgufFileJob.Edit(source, null, [new("llama.context_length", 2048), new("my.text", "a longer text than before")], ["llama.feed_forward_length"]))
            job.Run(force: false, null, CancellationToken.None);
        using (GgufFile file = GgufFile.Open(source))
        {
            Assert.Equal(2048u, file.Find("llama.context_length")!.Value);
            Assert.Null(file.Find("llama.feed_forward_length"));
            Assert.Equal("my.text", file.Metadata[^1].Key);
        }

        Assert.Equal(before.Select(t => (t.Tensor.Name, Convert.ToHexString(t.Bytes))), Tensors(source).Select(t => (t.Tensor.Name, Convert.ToHexString(t.Bytes))));
        Assert.Equal("MetadataKeyMissing", Assert.Throws<HafsException>(() => GgufFileJob.Edit(source, null, [], ["no.such"])).Id);
        Assert.Equal("MetadataKeyNeeded", Assert.Throws<HafsException>(() => GgufFileJob.Edit(source, null, [], ["general.architecture"])).Id);
        Assert.Equal("MetadataType", Assert.Throws<HafsException>(() => GgufFileJob.Edit(source, null, [new("llama.context_length", "long")], [])).Id);
    }

    [Fact]
    public void Parts_that_do_not_belong_together_are_refused()
    {
        string source = Source(GgmlType.F16);
        using (GgufFileJob job = GgufFileJob.Split(source, null, new GgufSplitLimits { MaxTensors = 9 }))
            job.Run(force: false, null, CancellationToken.None);
        string[] parts = [.. Directory.EnumerateFiles(folder, "source-*").Order(StringComparer.Ordinal)];
        Assert.Equal("GgufSplitNotFirst", Assert.Throws<HafsException>(() => GgufSet.Open(parts[1])).Id);
        Assert.Equal("NotSplit", Assert.Throws<HafsException>(() => GgufFileJob.Merge(source, Path.Combine(folder, "x.gguf"))).Id);
        using (GgufSet set = GgufSet.Open(parts[0]))
            Assert.Equal(GgufFileNames(source), set.Tensors.Select(t => t.Name));
        File.Copy(parts[2], parts[1], overwrite: true);
        Assert.Equal("GgufSplitNumber", Assert.Throws<HafsException>(() => GgufSet.Open(parts[0])).Id);
        File.Delete(parts[1]);
        Assert.Equal("FileNotFound", Assert.Throws<HafsException>(() => GgufSet.Open(parts[0])).Id);
        File.Move(parts[0], Path.Combine(folder, "renamed.gguf"));
        Assert.Equal("GgufSplitName", Assert.Throws<HafsException>(() => GgufSet.Open(Path.Combine(folder, "renamed.gguf"))).Id);
    }

    [Fact]
    public void A_block_that_is_not_there_cannot_be_pruned()
    {
        using GgufSet set = GgufSet.Open(Source(GgmlType.F16));
        foreach (int[] layers in (int[][])[[3], [-1], [0, 1, 2]])
            Assert.Equal("PruneLayers", Assert.Throws<HafsException>(() => GgufRequantization.Plan(set, new(Recipes.Copy), new() { PruneLayers = layers })).Id);
    }

    [Fact]
    public void Numbers_for_each_block_go_with_pruned_blocks()
    {
        string source = Path.Combine(folder, "hybrid.gguf");
        new RecipeCase("hybrid", "llama", 3, 4, 2, 256, 256).Write(source, GgmlType.F16, new KeyValuePair<string, GgufValue>("llama.per_block", new(new[] { 7u, 8u, 9u })));
        using GgufSet set = GgufSet.Open(source);
        PlanRunner.Run(Assert.Single(GgufRequantization.Plan(set, new(Recipes.Copy), new() { PruneLayers = [1] })), Path.Combine(folder, "x.gguf"), 2, false, null, CancellationToken.None);
        using GgufFile pruned = GgufFile.Open(Path.Combine(folder, "x.gguf"));
        Assert.Equal(new[] { 7u, 9u }, pruned.Find("llama.per_block")!.Value);
        Assert.Equal(2u, pruned.Find("llama.block_count")!.Value);
    }

    [Fact]
    public void A_folder_with_one_original_means_that_file()
    {
        string source = Source(GgmlType.F16);
        File.Copy(source, Path.Combine(folder, "other.gguf"));
        using (GgufFileJob job = GgufFileJob.Edit(source, null, [new("general.file_type", 1)], []))
            job.Run(force: false, null, CancellationToken.None);
        using (ConversionJob job = ConversionJob.Open(new ConvertRequest { Quantization = "Q8_0" }, new(folder)))
            Assert.Equal((source, Path.Combine(folder, "source-Q8_0.gguf")), (job.Summary.Source, job.Summary.OutputPath));
        File.Copy(source, Path.Combine(folder, "third.gguf"));
        Assert.Equal("SeveralGgufFiles", Assert.Throws<HafsException>(() => ConversionJob.Open(new ConvertRequest(), new(folder))).Id);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private string Source(GgmlType type)
    {
        string path = Path.Combine(folder, "source.gguf");
        new RecipeCase("small", "llama", 3, 4, 2, 256, 256).Write(path, type);
        return path;
    }

    // Infinity where the fourth row begins: the number itself, or the scale of its first block.
    private static void Spoil(GgufTensor tensor, string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        Span<byte> at = bytes.AsSpan((int)(tensor.Offset + 3 * tensor.Type.RowBytes(tensor.Shape.RowLength)));
        if (tensor.Type == GgmlType.F32)
            BinaryPrimitives.WriteSingleLittleEndian(at, float.PositiveInfinity);
        else
            BinaryPrimitives.WriteHalfLittleEndian(at, Half.PositiveInfinity);
        File.WriteAllBytes(path, bytes);
    }

    private static string[] GgufFileNames(string path)
    {
        using GgufFile file = GgufFile.Open(path);
        return [.. file.Tensors.Select(t => t.Name)];
    }

    private static (GgufTensor Tensor, byte[] Bytes)[] Tensors(string path)
    {
        using GgufFile file = GgufFile.Open(path);
        return [.. file.Tensors.Select(t =>
        {
            byte[] bytes = new byte[t.ByteSize];
            file.ReadBytes(t, 0, bytes);
            return (t, bytes);
        })];
    }
}
