using FsCheck;
using FsCheck.Fluent;
using HafsModels.Formats;
using HafsModels.Formats.Gguf;
using HafsModels.Tensors;
using HafsModels.Tests.Formats.Gguf;
using HafsModels.Tests.Formats.PyTorch;
using HafsModels.Tests.Formats.SafeTensors;
using Xunit;

namespace HafsModels.Tests.Hostile;

/// <summary>Valid files with some bytes changed, or cut off: they read, or give the project's own error; never another exception.</summary>
public sealed class DamagedFileTests
{
    [Fact]
    public void A_damaged_safetensors_file_reads_or_is_refused() => Damage(
        "model.safetensors", SafeTensorsBytes.File($"{{\"__metadata__\":{{\"format\":\"pt\"}},{SafeTensorsBytes.Floats("a", 0, 8)},{SafeTensorsBytes.Floats("b", 8, 24)}}}", 24));

    [Fact]
    public void A_damaged_pytorch_file_reads_or_is_refused() => Damage(
        "pytorch_model.bin",
        TorchZip.File(PickleBytes.StateDict(p => p.Text("a").Tensor("0", 0, [2, 2], [2, 1]).Text("b").Tensor("0", 0, [2, 2], [1, 2]).Text("c").Tensor("1", 1, [3], [1])), ("0", new byte[16]), ("1", new byte[16])));

    [Fact]
    public void A_damaged_index_reads_or_is_refused() => Damage(
        "model.safetensors.index.json", """{"metadata":{"total_size":4},"weight_map":{"a":"one.safetensors"}}"""u8.ToArray(),
        ("one.safetensors", SafeTensorsBytes.File($"{{{SafeTensorsBytes.Floats("a", 0, 4)}}}", 4)));

    [Fact]
    public void A_damaged_GGUF_file_reads_or_is_refused()
    {
        using var sample = new GgufSample();
        Damage("model.gguf", File.ReadAllBytes(sample.Path));
    }

    private static void Damage(string name, byte[] valid, params (string Name, byte[] Bytes)[] beside)
    {
        using var folder = new HostileFolder([(name, valid), .. beside]);
        string path = folder.PathOf(name);
        Assert.True(ReadAll(path) > 0);
        Gen<(int At, byte Value)> change = Gen.Choose(0, valid.Length - 1).SelectMany(at => Gen.Choose(0, 255).Select(value => (at, (byte)value)));
        Gen<(IList<(int At, byte Value)> Changes, int Length)> damage =
            Gen.Choose(1, 4).SelectMany(count => change.ListOf(count)).SelectMany(changes => Gen.OneOf(Gen.Constant(valid.Length), Gen.Choose(0, valid.Length)).Select(length => ((IList<(int, byte)>)[.. changes], length)));
        Prop.ForAll(damage.ToArbitrary(), damaged =>
        {
            byte[] bytes = [.. valid];
            foreach ((int at, byte value) in damaged.Changes)
                bytes[at] = value;
            File.WriteAllBytes(path, bytes[..damaged.Length]);
            try
            {
                ReadAll(path);
            }
            catch (HafsException error)
            {
                Assert.NotEmpty(error.Id);
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));
    }

    // Tensors read; every row of every tensor that holds weights is read, so that a wrong place would show.
    private static int ReadAll(string path)
    {
        if (path.EndsWith(".gguf", StringComparison.Ordinal))
        {
            using GgufFile file = GgufFile.Open(path);
            return file.Tensors.Count(t => ReadRows(() => file.OpenRows(t.Name)));
        }

        using Checkpoint checkpoint = Checkpoint.OpenPath(path);
        return checkpoint.Tensors.Count(t => ReadRows(() => checkpoint.Open(t.Name)));
    }

    private static bool ReadRows(Func<TensorRows> open)
    {
        TensorRows rows;
        try
        {
            rows = open();
        }
        catch (HafsException)
        {
            return false;
        }

        float[] row = new float[rows.RowLength];
        for (long i = 0; i < rows.RowCount; i++)
            rows.Read(i, row);
        return true;
    }
}
