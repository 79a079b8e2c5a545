using System.Buffers.Binary;
using System.Text;

namespace HafsModels.Tests.Formats.PyTorch;

/// <summary>Writes pickles opcode by opcode, as torch.save does and as an attacker might.</summary>
internal sealed class PickleBytes
{
    private readonly List<byte> code = [0x80, 2];

    public byte[] ToArray() => [.. code];

    public PickleBytes Raw(params byte[] bytes)
    {
        code.AddRange(bytes);
        return this;
    }

    public PickleBytes Ops(string opcodes) => Raw(Encoding.Latin1.GetBytes(opcodes));

    public PickleBytes Global(string module, string name) => Ops($"c{module}\n{name}\n");

    public PickleBytes Text(string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text), length = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, utf8.Length);
        return Ops("X").Raw(length).Raw(utf8);
    }

    public PickleBytes Number(long value)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        return Raw(0x8a, 8).Raw(bytes);
    }

    public PickleBytes Tuple(params long[] items)
    {
        Ops("(");
        foreach (long item in items)
            Number(item);
        return Ops("t");
    }

    /// <summary>A storage, by persistent id.</summary>
    public PickleBytes Storage(string key, long count, string type = "FloatStorage", string module = "torch") =>
        Ops("(").Text("storage").Global(module, type).Text(key).Text("cpu").Number(count).Ops("tQ");

    /// <summary>A tensor as torch rebuilds it.</summary>
    public PickleBytes Tensor(string key, long offset, long[] shape, long[] strides, long count = 0, string type = "FloatStorage") =>
        Global("torch._utils", "_rebuild_tensor_v2").Ops("(").Storage(key, count, type).Number(offset).Tuple(shape).Tuple(strides)
            .Raw(0x89).Global("collections", "OrderedDict").Ops(")Rt").Ops("R");

    /// <summary>The pickle of a state dict: <paramref name="items"/> writes names and values.</summary>
    public static byte[] StateDict(Action<PickleBytes> items)
    {
        PickleBytes pickle = new PickleBytes().Global("collections", "OrderedDict").Ops(")R(");
        items(pickle);
        return pickle.Ops("u.").ToArray();
    }
}
