using System.Buffers.Binary;
using System.IO.Compression;
using HafsModels.Tests.Formats.PyTorch;

namespace HafsModels.Tests.Hostile;

/// <summary>Bad PyTorch files: attacks through the pickle, and damaged zips.</summary>
internal static class HostilePyTorch
{
    private static readonly byte[] Valid = TorchZip.File(PickleBytes.StateDict(p => p.Text("a").Tensor("0", 0, [2], [1])), ("0", new byte[8]));

    public static IEnumerable<HostileCase> All =>
    [
        // Zip
        Case("empty file", "FileTruncated", () => []),
        Case("text", "PyTorchZip", () => "no model at all"u8.ToArray()),
        Case("pickle without zip", "PyTorchLegacyFormat", () => PickleBytes.StateDict(_ => { })),
        Case("zip without directory", "PyTorchZip", () => [.. "PK\x03\x04"u8, .. new byte[100]]),
        Case("first half of a file", "PyTorchZip", () => Valid[..(Valid.Length / 2)]),
        Case("zip without pickle", "PyTorchPickleMissing", () => TorchZip.Entries([("archive/version", [51])])),
        Case("two pickles", "PyTorchPickleMissing", () => TorchZip.Entries([("a/data.pkl", [46]), ("b/data.pkl", [46])])),
        Case("compressed pickle", "PyTorchEntryCompressed", () => TorchZip.Entries([("archive/data.pkl", new byte[1000])], CompressionLevel.Optimal)),
        Case("zip bomb", "PyTorchEntryCompressed", () => TorchZip.Entries([("archive/data.pkl", new byte[50_000_000])], CompressionLevel.SmallestSize)),
        Case("entry name twice", "PyTorchZip", () => TorchZip.Entries([("archive/data.pkl", [46]), ("archive/data.pkl", [46])])),
        Case("directory beyond the file", "PyTorchZip", () => TorchZip.Patch(Valid, "PK\x05\x06"u8, 16, uint.MaxValue - 1)),
        Case("directory of 4 GB", "PyTorchZip", () => TorchZip.Patch(Valid, "PK\x05\x06"u8, 12, uint.MaxValue - 1)),
        Case("65,535 entries claimed", "PyTorchZip", () => TorchZip.Patch(Valid, "PK\x05\x06"u8, 8, uint.MaxValue)),
        Case("entry begins beyond the file", "PyTorchZip", () => TorchZip.Patch(Valid, "PK\x01\x02"u8, 42, uint.MaxValue - 1)),
        Case("entry begins inside another", "PyTorchZip", () => TorchZip.Patch(Valid, "PK\x01\x02"u8, 42, 7)),
        Case("entry contradicts its size", "PyTorchZip", () => TorchZip.Patch(Valid, "PK\x01\x02"u8, 24, 1 << 30)),
        Case("zip64 directory of 2^63 entries", "PyTorchZip", () => Zip64(1UL << 63, 0)),
        Case("zip64 directory of 2^62 bytes", "PyTorchZip", () => Zip64(1, 1UL << 62)),
        Case("zip64 directory end beyond the file", "PyTorchZip", () => Zip64(1, 1, place: long.MaxValue)),
        Case("big-endian machine", "PyTorchByteOrder", () => TorchZip.Entries([("archive/data.pkl", [46]), ("archive/byteorder", "big"u8.ToArray())])),
        Case("byte order of six other letters", "PyTorchByteOrder", () => TorchZip.Entries([("archive/data.pkl", [46]), ("archive/byteorder", "BIGBIG"u8.ToArray())])),

        // Attacks: code that Python's unpickler would run
        Pickle("os.system", "PickleGlobal", p => p.Global("os", "system").Ops("(").Text("rm -rf ~").Ops("tR.")),
        Pickle("posix.system through STACK_GLOBAL", "PickleGlobal", p => p.Text("posix").Text("system").Raw(0x93).Ops("(").Text("id").Ops("tR.")),
        Pickle("builtins.eval", "PickleGlobal", p => p.Global("builtins", "eval").Ops("(").Text("1").Ops("tR.")),
        Pickle("builtins.getattr on an allowed module", "PickleGlobal", p => p.Global("builtins", "getattr").Ops(".")),
        Pickle("dotted name behind an allowed module", "PickleGlobal", p => p.Global("torch", "storage.os.system").Ops(".")),
        Pickle("torch.hub.load", "PickleGlobal", p => p.Global("torch.hub", "load").Ops(".")),
        Pickle("allowed name split in another way", "PickleReduce", p => p.Global("collections", "OrderedDict").Ops("(").Text("x").Ops("tR.")),
        Pickle("numpy reconstruct", "PickleGlobal", p => p.Global("numpy.core.multiarray", "_reconstruct").Ops(".")),
        Pickle("argparse.Namespace", "PickleGlobal", p => p.Global("argparse", "Namespace").Ops(")R.")),
        Pickle("INST opcode", "PickleOpcode", p => p.Ops("(ios\nsystem\n.")),
        Pickle("OBJ opcode", "PickleOpcode", p => p.Ops("(o.")),
        Pickle("NEWOBJ opcode", "PickleOpcode", p => p.Ops(")").Raw(0x81)),
        Pickle("EXT1 opcode", "PickleOpcode", p => p.Raw(0x82, 1)),
        Pickle("PERSID opcode", "PickleOpcode", p => p.Ops("Pfile:///etc/passwd\n.")),
        Pickle("call of a string", "PickleReduce", p => p.Text("os.system").Ops(")R.")),
        Pickle("call of a storage class", "PickleReduce", p => p.Global("torch", "FloatStorage").Ops(")R.")),

        // Damage
        Pickle("no end", "PickleTruncated", p => p.Ops("}")),
        Pickle("empty stack", "PickleStack", p => p.Ops(".")),
        Pickle("pop below a mark", "PickleStack", p => p.Ops("(0.")),
        Pickle("tuple without mark", "PickleStack", p => p.Ops("Nt.")),
        Pickle("memo never set", "PickleMemo", p => p.Ops("h").Raw(9)),
        Pickle("memo 2^32-1", "PickleMemo", p => p.Ops("j").Raw(255, 255, 255, 255)),
        Pickle("protocol 9", "PickleProtocol", p => p.Raw(0x80, 9)),
        Pickle("string of 4 GB", "PickleTruncated", p => p.Ops("X").Raw(255, 255, 255, 255)),
        Pickle("string of 2^63 bytes", "PickleTruncated", p => p.Raw(0x8d, 0, 0, 0, 0, 0, 0, 0, 0x80)),
        Pickle("string is not UTF-8", "PickleText", p => p.Raw(0x8c, 2, 0xff, 0xfe)),
        Pickle("integer of 200 bytes", "PickleNumber", p => p.Raw(0x8a, 200).Raw(new byte[200])),
        Pickle("append to a dict", "PickleAppend", p => p.Ops("}Na.")),
        Pickle("key without value", "PickleSetItems", p => p.Ops("}(NNNu.")),
        Pickle("attributes on a list", "PickleBuild", p => p.Ops("]Nb.")),
        Pickle("global without end", "PickleTruncated", p => p.Ops("cos")),
        Pickle("two million values", "PickleTooLarge", p => p.Raw(Enumerable.Repeat((byte)'N', 2_000_000).ToArray()), 40 << 20),
        Pickle("nine million steps", "PickleTooLarge", p => p.Raw(Enumerable.Range(0, 9_000_000).Select(i => i % 2 == 0 ? (byte)'N' : (byte)'0').ToArray()), 12 << 20),
        Pickle("five million memos", "PickleTooLarge", p => p.Ops("N").Raw(Enumerable.Repeat((byte)0x94, 5_000_000).ToArray()), 512 << 20),
        Pickle("500,000 nested tuples", "PyTorchNoTensors", p => p.Ops(")").Raw(Enumerable.Repeat((byte)0x85, 500_000).ToArray()).Ops("."), 24 << 20),
        Pickle("list that holds itself", "PyTorchNoTensors", p => p.Ops("]q").Raw(0).Ops("h").Raw(0).Ops("a.")),
        Pickle("model that holds itself", "PyTorchNoTensors", p => p.Ops("}q").Raw(0).Text("model").Ops("h").Raw(0).Ops("s.")),
        Pickle("2^40 copies in 40 tuples", "PyTorchNoTensors", p => p.Ops("N").Raw(Enumerable.Range(0, 40).SelectMany(i => new byte[] { (byte)'q', (byte)i, (byte)'h', (byte)i, 0x86 }).ToArray()).Ops(".")),

        // State dicts that lie
        Pickle("empty dict", "PyTorchNoTensors", p => p.Ops("}.")),
        Pickle("persistent id is a path", "PickleStorage", p => p.Text("/etc/passwd").Ops("Q.")),
        Pickle("negative storage size", "PickleStorage", p => p.Storage("0", -1).Ops(".")),
        State("no such storage", "PyTorchEntryMissing", p => p.Text("a").Tensor("7", 0, [2], [1])),
        State("storage key climbs out of the archive", "PyTorchEntryMissing", p => p.Text("a").Tensor("../data.pkl", 0, [1], [1])),
        State("tensor longer than its storage", "PyTorchTensorBounds", p => p.Text("a").Tensor("0", 0, [3], [1])),
        State("offset past the storage", "PyTorchTensorBounds", p => p.Text("a").Tensor("0", 2, [1], [1])),
        State("offset of 2^63-1", "PyTorchTensorBounds", p => p.Text("a").Tensor("0", long.MaxValue, [1], [1])),
        State("stride of 2^63-1", "PyTorchTensorBounds", p => p.Text("a").Tensor("0", 0, [3, 1], [long.MaxValue, 1])),
        State("expanded to 2^62 elements", "PyTorchTensorBounds", p => p.Text("a").Tensor("0", 0, [1L << 31, 1L << 31], [0, 0])),
        State("negative offset", "PickleReduce", p => p.Text("a").Tensor("0", -1, [1], [1])),
        State("negative dimension", "PickleReduce", p => p.Text("a").Tensor("0", 0, [-2], [1])),
        State("negative stride", "PickleReduce", p => p.Text("a").Tensor("0", 1, [2], [-1])),
        State("elements overflow", "PickleReduce", p => p.Text("a").Tensor("0", 0, [1L << 40, 1L << 40], [0, 0])),
        State("fewer strides than dimensions", "PickleReduce", p => p.Text("a").Tensor("0", 0, [1, 2], [1])),
        State("storage type is no storage", "PickleReduce", p => p.Text("a").Global("torch._utils", "_rebuild_tensor_v2").Ops("(").Storage("0", 2, "Parameter", "torch.nn.parameter").Number(0).Tuple(2).Tuple(1).Ops("tR")),
        State("tensor twice", "PyTorchTensors", p => p.Text("a").Tensor("0", 0, [2], [1]).Text("a").Tensor("0", 0, [2], [1])),
        State("line break in a name", "PyTorchTensors", p => p.Text("a\nb").Tensor("0", 0, [2], [1])),
    ];

    private static HostileCase Case(string name, string id, Func<byte[]> bytes, long maxAllocatedBytes = 1 << 20) =>
        HostileCase.Of("pytorch: " + name, "pytorch_model.bin", id, bytes, maxAllocatedBytes);

    private static HostileCase Pickle(string name, string id, Action<PickleBytes> write, long maxAllocatedBytes = 1 << 20) =>
        Case(name, id, () =>
        {
            var pickle = new PickleBytes();
            write(pickle);
            return TorchZip.File(pickle.ToArray());
        }, maxAllocatedBytes);

    private static HostileCase State(string name, string id, Action<PickleBytes> items) => Case(name, id, () => TorchZip.File(PickleBytes.StateDict(items), ("0", new byte[8])));

    // A zip64 directory end and its locator before the ordinary end; both claim what the arguments say.
    private static byte[] Zip64(ulong entries, ulong bytes, long? place = null)
    {
        int end = Valid.AsSpan().LastIndexOf("PK\x05\x06"u8);
        byte[] wide = new byte[56 + 20];
        "PK\x06\x06"u8.CopyTo(wide);
        BinaryPrimitives.WriteUInt64LittleEndian(wide.AsSpan(32), entries);
        BinaryPrimitives.WriteUInt64LittleEndian(wide.AsSpan(40), bytes);
        "PK\x06\x07"u8.CopyTo(wide.AsSpan(56));
        BinaryPrimitives.WriteInt64LittleEndian(wide.AsSpan(64), place ?? end);
        return [.. Valid[..end], .. wide, .. Valid[end..]];
    }
}
