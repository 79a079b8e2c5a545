using System.Text;
using HafsModels.Formats.SafeTensors;
using HafsModels.Tensors;
using HafsModels.Tests.Hostile;
using Xunit;

namespace HafsModels.Tests.Formats.SafeTensors;

public sealed class SafeTensorsFileTests
{
    [Fact]
    public void Every_floating_type_reads_as_its_numbers()
    {
        byte[] data = [.. BitConverter.GetBytes(-1.5), .. BitConverter.GetBytes(0.1f), .. BitConverter.GetBytes((Half)(-2)), 0x80, 0x3f, 0x38, 0xc0];
        using var folder = new HostileFolder([("x.safetensors", SafeTensorsBytes.File(
            Encoding.UTF8.GetBytes("{" + string.Join(',', Entry("d", "F64", 0, 8), Entry("f", "F32", 8, 12), Entry("h", "F16", 12, 14), Entry("b", "BF16", 14, 16), Entry("e4", "F8_E4M3", 16, 17), Entry("e5", "F8_E5M2", 17, 18)) + "}"), data))]);
        using SafeTensorsFile file = SafeTensorsFile.OpenFile(folder.PathOf("x.safetensors"));
        Assert.Equal([-1.5f, 0.1f, -2f, 1f, 1f, -2f], file.Tensors.Select(t => Read(file, t.Name)));
    }

    [Fact]
    public void What_real_writers_do_is_accepted()
    {
        // Padding after the header, escaped names, any order of fields and of places, empty tensors, scalars.
        string header = """
            {"__metadata__":{"format":"pt","note":"J\u00e9r\u00f4me"},
             "b":{"data_offsets":[4,8],"shape":[],"dtype":"F32"}, "a":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]}, "none":{"dtype":"F32","shape":[0,7],"data_offsets":[8,8]}}
            """ + new string(' ', 5);
        using var folder = new HostileFolder([("x.safetensors", SafeTensorsBytes.File(header, 8))]);
        using SafeTensorsFile file = SafeTensorsFile.OpenFile(folder.PathOf("x.safetensors"));
        Assert.Equal("pt", file.Metadata["format"]);
        Assert.Equal(["a", "b", "none"], file.Tensors.Select(t => t.Name));
        Assert.Equal(0, file.Open("none").RowCount);
        Assert.Equal(1, file.Open("b").RowCount);
    }

    [Fact]
    public void A_file_of_no_tensors_is_a_file()
    {
        using var folder = new HostileFolder([("x.safetensors", SafeTensorsBytes.File("{}"))]);
        using SafeTensorsFile file = SafeTensorsFile.OpenFile(folder.PathOf("x.safetensors"));
        Assert.Empty(file.Tensors);
    }

    [Fact]
    public void Rows_beyond_a_tensor_are_not_its_neighbours()
    {
        using var folder = new HostileFolder([("x.safetensors", SafeTensorsBytes.File($"{{{SafeTensorsBytes.Floats("a", 0, 8)},{SafeTensorsBytes.Floats("b", 8, 16)}}}", 16))]);
        using SafeTensorsFile file = SafeTensorsFile.OpenFile(folder.PathOf("x.safetensors"));
        Assert.Throws<ArgumentOutOfRangeException>(() => file.Open("a").Read(1, new float[2]));
        Assert.Equal("TensorNotFound", Assert.Throws<HafsException>(() => file.Open("c")).Id);
    }

    [SkippableFact]
    public void A_file_that_becomes_shorter_while_open_gives_an_error()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows lets nobody shorten an open file");
        using var folder = new HostileFolder([("x.safetensors", SafeTensorsBytes.File($"{{{SafeTensorsBytes.Floats("a", 0, 4096)}}}", 4096))]);
        using SafeTensorsFile file = SafeTensorsFile.OpenFile(folder.PathOf("x.safetensors"));
        TensorRows rows = file.Open("a");
        Truncate(folder.PathOf("x.safetensors"), 1000);
        Assert.Equal("FileTruncated", Assert.Throws<HafsException>(() => rows.Read(0, new float[1024])).Id);
    }

    // Another program does not ask for .NET's advisory lock.
    private static void Truncate(string path, int length)
    {
        string swap = path + ".swap";
        File.WriteAllBytes(swap, File.ReadAllBytes(path)[..length]);
        using var process = System.Diagnostics.Process.Start("cp", [swap, path]);
        process.WaitForExit();
    }

    private static string Entry(string name, string type, int begin, int end) => $$"""
        "{{name}}":{"dtype":"{{type}}","shape":[1],"data_offsets":[{{begin}},{{end}}]}
        """;

    private static float Read(SafeTensorsFile file, string name)
    {
        float[] one = new float[1];
        file.Open(name).Read(0, one);
        return one[0];
    }
}
