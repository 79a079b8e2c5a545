using FsCheck;
using FsCheck.Fluent;
using HafsModels.Formats.Gguf;
using HafsModels.Tensors;
using Xunit;

namespace HafsModels.Tests.Formats.Gguf;

public sealed class GgufFileTests
{
    [Fact]
    public void Every_type_of_metadata_comes_back_as_it_was_written()
    {
        using var sample = new GgufSample();
        using GgufFile file = GgufFile.Open(sample.Path);
        Assert.Equal(3u, file.Version);
        Assert.Equal(new FileInfo(sample.Path).Length, file.FileBytes);
        AssertSame(GgufSample.AllTypes, file.Metadata);
        Assert.Equal(sample.Header.Tensors, file.Tensors);
        Assert.All(file.Tensors, t => Assert.Equal(0, t.Offset % file.Alignment));
    }

    [Fact]
    public void Random_metadata_comes_back_as_it_was_written()
    {
        Gen<GgufValue> value = Gen.OneOf(
            Of<byte>(), Of<sbyte>(), Of<ushort>(), Of<short>(), Of<uint>(), Of<int>(), Of<ulong>(), Of<long>(), Of<bool>(),
            ArbMap.Default.GeneratorFor<double>().Select(v => new GgufValue(v)), ArbMap.Default.GeneratorFor<float[]>().Select(v => new GgufValue(v)),
            ArbMap.Default.GeneratorFor<UnicodeString>().Select(v => new GgufValue(WellFormed(v.Get))),
            ArbMap.Default.GeneratorFor<UnicodeString[]>().Select(v => new GgufValue(v.Select(t => WellFormed(t.Get)).ToArray())));
        Prop.ForAll(value.ListOf().ToArbitrary(), values =>
        {
            KeyValuePair<string, GgufValue>[] metadata = [.. values.Select((v, i) => KeyValuePair.Create($"key.{i}", v))];
            using var sample = new GgufSample(metadata, [("t", GgmlType.F32, new Shape(values.Count + 1))]);
            using GgufFile file = GgufFile.Open(sample.Path);
            AssertSame(metadata, file.Metadata);
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData(1u)]
    [InlineData(64u)]
    [InlineData(4096u)]
    public void Tensors_begin_at_multiples_of_the_stated_alignment(uint alignment)
    {
        using var sample = new GgufSample([GgufSample.Value("general.alignment", alignment)], [("a", GgmlType.F16, new Shape(3)), ("b", GgmlType.F16, new Shape(5, 1))]);
        using GgufFile file = GgufFile.Open(sample.Path);
        Assert.Equal((int)alignment, file.Alignment);
        Assert.All(file.Tensors, t => Assert.Equal(0, t.Offset % alignment));
        Assert.Equal(sample.Header.Tensors, file.Tensors);
    }

    [Fact]
    public void Version_2_is_read()
    {
        string path = Path.Combine(Directory.CreateTempSubdirectory("hafs-gguf-").FullName, "v2.gguf");
        File.WriteAllBytes(path, new GgufBytes(version: 2, tensors: 1, keys: 1).Text("a").U32(4).U32(7).Tensor("t", 0, 0, 2).Data(8).ToArray());
        using (GgufFile file = GgufFile.Open(path))
        {
            Assert.Equal(2u, file.Version);
            Assert.Equal(7u, file.Find("a")!.Value);
        }

        Directory.Delete(Path.GetDirectoryName(path)!, true);
    }

    [Fact]
    public void A_tensor_of_unknown_type_is_listed_but_not_read()
    {
        string path = Path.Combine(Directory.CreateTempSubdirectory("hafs-gguf-").FullName, "new.gguf");
        File.WriteAllBytes(path, new GgufBytes(tensors: 3, keys: 1).Text("a").U32(4).U32(7).Tensor("x", 9999, 0, 64).Tensor("y", 0, 96, 2).Tensor("z", 9998, 128, 64).Data(200).ToArray());
        using (GgufFile file = GgufFile.Open(path))
        {
            Assert.Equal(7u, file.Find("a")!.Value);
            Assert.Equal([96, 8, 72], file.Tensors.Select(t => t.ByteSize));
            float[] row = new float[2];
            file.OpenRows("y").Read(0, row);
            Assert.Equal([0f, 0f], row);
            HafsException error = Assert.Throws<HafsException>(() => file.OpenRows("x"));
            Assert.Equal("UnknownGgmlType", error.Id);
            Assert.Contains("9999", error.Message, StringComparison.Ordinal);
        }

        Directory.Delete(Path.GetDirectoryName(path)!, true);
    }

    [Fact]
    public void Stored_bytes_beyond_a_tensor_are_not_given()
    {
        using var sample = new GgufSample();
        using GgufFile file = GgufFile.Open(sample.Path);
        GgufTensor tensor = file.Tensors[0];
        file.ReadBytes(tensor, tensor.ByteSize - 4, new byte[4]);
        Assert.Throws<ArgumentOutOfRangeException>(() => file.ReadBytes(tensor, tensor.ByteSize - 3, new byte[4]));
        Assert.Throws<ArgumentOutOfRangeException>(() => file.ReadBytes(tensor, -1, new byte[4]));
        Assert.Throws<ArgumentOutOfRangeException>(() => file.OpenRows(tensor.Name).Read(tensor.Shape.RowCount, new float[tensor.Shape.RowLength]));
    }

    [Theory]
    [InlineData("GgufTensorNameTooLong", "0123456789012345678901234567890123456789012345678901234567890123", 8L)]
    [InlineData("GgufName", "", 8L)]
    [InlineData("GgufTensorShape", "a", 0L)]
    [InlineData("GgufTensorShape", "a", 1L, 1L, 1L, 1L, 8L)]
    public void What_no_reader_takes_is_not_written(string id, string name, params long[] shape)
    {
        HafsException error = Assert.Throws<HafsException>(() => GgufHeader.Build([], [(name, GgmlType.F32, new Shape(shape))]));
        Assert.Equal(id, error.Id);
    }

    [Fact]
    public void A_name_is_written_once()
    {
        Assert.Equal("GgufDuplicateName", Assert.Throws<HafsException>(() => GgufHeader.Build([GgufSample.Value("a", 1), GgufSample.Value("a", 2)], [])).Id);
        Assert.Equal("GgufDuplicateName", Assert.Throws<HafsException>(() => GgufHeader.Build([], [("t", GgmlType.F32, new Shape(1)), ("t", GgmlType.F16, new Shape(1))])).Id);
    }

    private static Gen<GgufValue> Of<T>() =>
        Gen.OneOf(ArbMap.Default.GeneratorFor<T>().Select(v => new GgufValue(v!)), ArbMap.Default.GeneratorFor<T[]>().Select(v => new GgufValue(v)));

    // Halves of surrogate pairs have no UTF-8; a writer cannot keep them.
    private static string WellFormed(string? text) => string.Concat((text ?? "").EnumerateRunes());

    private static void AssertSame(IReadOnlyList<KeyValuePair<string, GgufValue>> expected, IReadOnlyList<KeyValuePair<string, GgufValue>> actual)
    {
        Assert.Equal(expected.Select(m => m.Key), actual.Select(m => m.Key));
        foreach (((_, GgufValue before), (_, GgufValue after)) in expected.Zip(actual))
        {
            Assert.Equal(before.Type, after.Type);
            Assert.Equal(before.ElementType, after.ElementType);
            Assert.Equal(before.Value, after.Value);
        }
    }
}
