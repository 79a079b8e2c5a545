using System.Security.Cryptography;
using HafsModels.Formats.ImportanceMatrices;
using HafsModels.Quantization;
using HafsModels.Tensors;
using HafsModels.Tests.Hostile;
using Xunit;

namespace HafsModels.Tests.Formats.ImportanceMatrices;

public sealed class ImportanceMatrixFileTests
{
    [Fact]
    public void Sums_become_means_of_each_expert_and_ones_where_nothing_was_counted()
    {
        ImportanceMatrix matrix = Read("m.gguf", ImportanceFiles.Gguf(
            ("a.in_sum2", [7, 14, 21]), ("a.counts", [7]),
            ("experts.in_sum2", [2, 4, 8, 16, 1, 2]), ("experts.counts", [2, 0, 3]),
            ("one count.in_sum2", [2, 4, 8, 16]), ("one count.counts", [4]),
            ("a.in_sum", [-1, -2, -3]), ("a.stats", [float.NaN])));
        Assert.Equal(["a", "experts", "one count"], matrix.Columns.Keys.Order());
        Assert.Equal([1, 2, 3], matrix.Columns["a"].ToArray());
        Assert.Equal([1, 2, 1, 1, 1f / 3, 2f / 3], matrix.Columns["experts"].ToArray());
        Assert.Equal([0.5f, 1, 2, 4], matrix.Columns["one count"].ToArray());
    }

    [Fact]
    public void Old_files_are_divided_by_their_calls()
    {
        ImportanceMatrix matrix = Read("m.dat", ImportanceFiles.Binary(3, ImportanceFiles.Entry("a", 7, 7, 14), ImportanceFiles.Entry("b", 0, 3), ImportanceFiles.Entry("c", -1, 4), ImportanceFiles.Tail(5, "text.txt")));
        Assert.Equal([1, 2], matrix.Columns["a"].ToArray());
        Assert.Equal([3], matrix.Columns["b"].ToArray());
        Assert.Equal([4], matrix.Columns["c"].ToArray());
        Assert.Equal(("text.txt", 5, 3), (matrix.Origin!.Dataset, matrix.Origin.ChunkCount, matrix.Origin.EntryCount));
    }

    [Fact]
    public void The_oldest_files_end_after_their_entries()
    {
        ImportanceMatrix matrix = Read("m.dat", ImportanceFiles.Binary(1, ImportanceFiles.Entry("a", 2, 2)));
        Assert.Equal((null, 0), (matrix.Origin!.Dataset, matrix.Origin.ChunkCount));
    }

    [Fact]
    public void A_matrix_knows_the_file_it_came_from()
    {
        byte[] bytes = ImportanceFiles.Gguf(("a.in_sum2", [1]), ("a.counts", [1]));
        Assert.Equal(new ImportanceOrigin("m.gguf", Convert.ToHexStringLower(SHA256.HashData(bytes)), "d.txt", 3, 1), Read("m.gguf", bytes).Origin);
    }

    [Theory]
    [InlineData(3, true, "2, 3")]
    [InlineData(6, true, "2, 5, 3")]
    [InlineData(6, false, "2, 3")]
    [InlineData(3, false, "2, 4")]
    public void Weights_must_be_as_many_as_the_tensor_has_columns(int weights, bool fits, string dimensions)
    {
        var matrix = new ImportanceMatrix(new Dictionary<string, ReadOnlyMemory<float>> { ["a"] = new float[weights] });
        Exception? error = Record.Exception(() => matrix.For("a", new Shape([.. dimensions.Split(", ").Select(long.Parse)])));
        Assert.Equal(fits ? null : "ImportanceShape", (error as HafsException)?.Id);
    }

    private static ImportanceMatrix Read(string name, byte[] bytes)
    {
        using var folder = new HostileFolder([(name, bytes)]);
        return ImportanceMatrixFile.Read(folder.PathOf(name));
    }
}
