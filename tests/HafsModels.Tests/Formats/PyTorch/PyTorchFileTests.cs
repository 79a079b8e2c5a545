using System.Runtime.InteropServices;
using HafsModels.Formats.PyTorch;
using HafsModels.Tensors;
using HafsModels.Tests.Hostile;
using Xunit;

namespace HafsModels.Tests.Formats.PyTorch;

public sealed class PyTorchFileTests
{
    private static readonly float[] Storage = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];

    [Fact]
    public void Views_of_one_storage_read_as_torch_would_show_them()
    {
        using var file = Opened(PickleBytes.StateDict(p => p
            .Text("whole").Tensor("0", 0, [3, 4], [4, 1])
            .Text("transposed").Tensor("0", 0, [4, 3], [1, 4])
            .Text("columns 1 and 2").Tensor("0", 1, [3, 2], [4, 1])
            .Text("every other row").Tensor("0", 0, [2, 4], [8, 1])
            .Text("one column").Tensor("0", 2, [3, 1], [4, 1])
            .Text("vector").Tensor("0", 5, [3], [1])
            .Text("swapped").Tensor("0", 0, [3, 2, 2], [2, 6, 1])
            .Text("scalar").Tensor("0", 11, [], [])));
        Assert.Equal(Storage, file.Read("whole"));
        Assert.Equal([0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11], file.Read("transposed"));
        Assert.Equal([1, 2, 5, 6, 9, 10], file.Read("columns 1 and 2"));
        Assert.Equal([0, 1, 2, 3, 8, 9, 10, 11], file.Read("every other row"));
        Assert.Equal([2, 6, 10], file.Read("one column"));
        Assert.Equal([5, 6, 7], file.Read("vector"));
        Assert.Equal([0, 1, 6, 7, 2, 3, 8, 9, 4, 5, 10, 11], file.Read("swapped"));
        Assert.Equal([11], file.Read("scalar"));
    }

    [Fact]
    public void A_transposed_matrix_reads_from_any_row()
    {
        using var file = Opened(PickleBytes.StateDict(p => p.Text("t").Tensor("0", 0, [4, 3], [1, 4])));
        float[] rows = new float[6];
        file.File.Open("t").Read(2, rows);
        Assert.Equal([2, 6, 10, 3, 7, 11], rows);
        Assert.Throws<ArgumentOutOfRangeException>(() => file.File.Open("t").Read(3, rows));
    }

    [Fact]
    public void Views_that_cannot_be_read_by_rows_say_what_to_do()
    {
        using var file = Opened(PickleBytes.StateDict(p => p
            .Text("strided vector").Tensor("0", 0, [6], [2])
            .Text("expanded").Tensor("0", 0, [1_000_000, 12], [0, 1])));
        foreach (TensorInfo tensor in file.File.Tensors)
        {
            HafsException error = Assert.Throws<HafsException>(() => file.File.Open(tensor.Name));
            Assert.Equal("PyTorchStrides", error.Id);
            Assert.Contains("contiguous", error.Hint, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("state_dict")]
    [InlineData("model_state_dict")]
    [InlineData("model")]
    [InlineData("module")]
    public void A_state_dict_is_found_beside_other_training_state(string wrapper)
    {
        using var file = Opened(new PickleBytes().Ops("}(").Text("epoch").Number(3).Text(wrapper).Ops("}").Text("a").Tensor("0", 0, [12], [1]).Ops("s").Text("losses").Ops("](").Number(1).Number(2).Ops("eu.").ToArray());
        Assert.Equal("a", Assert.Single(file.File.Tensors).Name);
        Assert.Equal(Storage, file.Read("a"));
    }

    [Fact]
    public void Parameters_and_typed_views_of_untyped_storages_are_tensors()
    {
        using var file = Opened(PickleBytes.StateDict(p => p
            .Text("parameter").Global("torch._utils", "_rebuild_parameter").Ops("(").Tensor("0", 0, [12], [1]).Raw(0x88).Ops("}tR")
            .Text("f8").Global("torch._utils", "_rebuild_tensor_v3").Ops("(").Storage("1", 3, "UntypedStorage", "torch.storage").Number(0).Tuple(3).Tuple(1).Raw(0x89).Ops("}").Global("torch", "float8_e4m3fn").Ops("tR")));
        Assert.Equal(Storage, file.Read("parameter"));
        Assert.Equal(ElementType.F8_E4M3, file.File.Tensors[1].Type);
        Assert.Equal([1, -2, 448], file.Read("f8"));
    }

    [Fact]
    public void Whole_numbers_are_listed_but_are_no_weights()
    {
        using var file = Opened(PickleBytes.StateDict(p => p.Text("ids").Tensor("0", 0, [6], [1], 6, "LongStorage")));
        Assert.Equal(ElementType.I64, Assert.Single(file.File.Tensors).Type);
        Assert.Equal("TensorNotFloat", Assert.Throws<HafsException>(() => file.File.Open("ids")).Id);
    }

    private static OpenedFile Opened(byte[] pickle) => new(TorchZip.File(pickle, ("0", MemoryMarshal.AsBytes(Storage.AsSpan()).ToArray()), ("1", [0x38, 0xc0, 0x7e])));

    private sealed class OpenedFile : IDisposable
    {
        private readonly HostileFolder folder;

        public OpenedFile(byte[] bytes)
        {
            folder = new HostileFolder([("pytorch_model.bin", bytes)]);
            File = PyTorchFile.OpenFile(folder.PathOf("pytorch_model.bin"));
        }

        public PyTorchFile File { get; }

        public float[] Read(string name)
        {
            TensorRows rows = File.Open(name);
            float[] numbers = new float[rows.Shape.ElementCount];
            rows.Read(0, numbers);
            return numbers;
        }

        public void Dispose()
        {
            File.Dispose();
            folder.Dispose();
        }
    }
}
