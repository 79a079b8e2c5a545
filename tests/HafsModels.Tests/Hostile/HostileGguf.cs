using HafsModels.Tests.Formats.Gguf;

namespace HafsModels.Tests.Hostile;

/// <summary>Bad GGUF files.</summary>
internal static class HostileGguf
{
    private const uint U8 = 0, U32 = 4, F32 = 0, Bool = 7, Text = 8, List = 9, Q4_0 = 2, UnknownType = 9999;

    public static IEnumerable<HostileCase> All =>
    [
        Case("empty file", "FileTruncated", () => []),
        Case("other magic number", "GgufMagic", () => "GGML\x03\x00\x00\x00"u8.ToArray()),
        Case("magic number alone", "FileTruncated", () => "GGUF"u8.ToArray()),
        Case("version 1", "GgufVersion", () => new GgufBytes(version: 1).ToArray()),
        Case("version 4", "GgufVersion", () => new GgufBytes(version: 4).ToArray()),
        Case("big-endian", "GgufVersion", () => new GgufBytes(version: 0x03000000).ToArray()),
        Case("2^63 tensors", "GgufCount", () => new GgufBytes(tensors: 1UL << 63).Data(64).ToArray()),
        Case("more tensors than fit", "GgufCount", () => new GgufBytes(tensors: 1000).Data(64).ToArray()),
        Case("2^64-1 keys", "GgufCount", () => new GgufBytes(keys: ulong.MaxValue).Data(64).ToArray()),
        Case("more keys than fit", "GgufCount", () => new GgufBytes(keys: 1 << 20).Data(64).ToArray()),
        Case("key of 2^63 bytes", "GgufString", () => new GgufBytes(keys: 1).U64(1UL << 63).Data(64).ToArray()),
        Case("key longer than the file", "GgufString", () => new GgufBytes(keys: 1).U64(60_000).Data(64).ToArray()),
        Case("empty key", "GgufName", () => new GgufBytes(keys: 1).Text("").U32(U32).U32(1).Data(64).ToArray()),
        Case("NUL in a key", "GgufName", () => new GgufBytes(keys: 1).Text("a\0b").U32(U32).U32(1).ToArray()),
        Case("key is not UTF-8", "GgufName", () => new GgufBytes(keys: 1).Text([0xff, 0xfe]).U32(U32).U32(1).ToArray()),
        Case("key twice", "GgufDuplicateKey", () => new GgufBytes(keys: 2).Text("a").U32(U32).U32(1).Text("a").U32(U32).U32(2).ToArray()),
        Case("value type 13", "GgufValueType", () => new GgufBytes(keys: 1).Text("a").U32(13).U32(1).ToArray()),
        Case("value type 2^32-1", "GgufValueType", () => new GgufBytes(keys: 1).Text("a").U32(uint.MaxValue).U32(1).ToArray()),
        Case("unknown item type", "GgufValueType", () => new GgufBytes(keys: 1).Text("a").U32(List).U32(77).U64(0).ToArray()),
        Case("list of lists", "GgufNestedArray", () => Repeat(new GgufBytes(keys: 1).Text("a").U32(List), 10_000).ToArray()),
        Case("list of 2^61 items", "GgufCount", () => new GgufBytes(keys: 1).Text("a").U32(List).U32(U8).U64(1UL << 61).ToArray()),
        Case("list of 2^64-1 items", "GgufCount", () => new GgufBytes(keys: 1).Text("a").U32(List).U32(U32).U64(ulong.MaxValue).ToArray()),
        Case("list of more strings than fit", "GgufCount", () => new GgufBytes(keys: 1).Text("a").U32(List).U32(Text).U64(100_000).Data(1000).ToArray()),
        Case("list over the cap", "GgufCount", () => new GgufBytes(keys: 1).Text("a").U32(List).U32(U8).U64((1 << 24) + 1).Data((1 << 24) + 64).ToArray()),
        Case("string of 2^63 bytes", "GgufString", () => new GgufBytes(keys: 1).Text("a").U32(Text).U64(1UL << 63).ToArray()),
        Case("string in a list longer than the file", "GgufString", () => new GgufBytes(keys: 1).Text("a").U32(List).U32(Text).U64(2).Text("x").U64(1000).ToArray()),
        Case("value cut off", "FileTruncated", () => new GgufBytes(keys: 1).Text("a").U32(U32).U8(1, 2).ToArray()),
        Case("bool of 2", "GgufBool", () => new GgufBytes(keys: 1).Text("a").U32(Bool).U8(2).ToArray()),
        Case("bool of 255 in a list", "GgufBool", () => new GgufBytes(keys: 1).Text("a").U32(List).U32(Bool).U64(3).U8(0, 1, 255).ToArray()),
        Case("alignment 0", "GgufAlignment", () => new GgufBytes(keys: 1).Text("general.alignment").U32(U32).U32(0).ToArray()),
        Case("alignment 48", "GgufAlignment", () => new GgufBytes(keys: 1).Text("general.alignment").U32(U32).U32(48).ToArray()),
        Case("alignment 2^31", "GgufAlignment", () => new GgufBytes(keys: 1).Text("general.alignment").U32(U32).U32(1u << 31).ToArray()),
        Case("alignment is text", "GgufAlignment", () => new GgufBytes(keys: 1).Text("general.alignment").U32(Text).Text("32").ToArray()),
        Case("tensor name of 64 bytes", "GgufString", () => new GgufBytes(tensors: 1).Tensor(new string('a', 64), F32, 0, 8).Data(32).ToArray()),
        Case("NUL in a tensor name", "GgufName", () => new GgufBytes(tensors: 1).Tensor("a\0", F32, 0, 8).Data(32).ToArray()),
        Case("tensor twice", "GgufDuplicateTensor", () => new GgufBytes(tensors: 2).Tensor("a", F32, 0, 8).Tensor("a", F32, 32, 8).Data(64).ToArray()),
        Case("five dimensions", "GgufTensorShape", () => new GgufBytes(tensors: 1).Tensor("a", F32, 0, 1, 1, 1, 1, 1).Data(32).ToArray()),
        Case("2^32-1 dimensions", "GgufTensorShape", () => new GgufBytes(tensors: 1).Text("a").U32(uint.MaxValue).Data(64).ToArray()),
        Case("dimension of 0", "GgufTensorShape", () => new GgufBytes(tensors: 1).Tensor("a", F32, 0, 0).Data(32).ToArray()),
        Case("dimension of 2^63", "GgufTensorShape", () => new GgufBytes(tensors: 1).Tensor("a", F32, 0, 1UL << 63).Data(32).ToArray()),
        Case("elements overflow", "GgufTensorShape", () => new GgufBytes(tensors: 1).Tensor("a", F32, 0, 1UL << 38, 1UL << 38).Data(32).ToArray()),
        Case("bytes overflow", "GgufTensorShape", () => new GgufBytes(tensors: 1).Tensor("a", F32, 0, 1UL << 31, 1UL << 31).Data(32).ToArray()),
        Case("sum of sizes overflows", "GgufTensorShape", () => new GgufBytes(tensors: 2).Tensor("a", F32, 0, 1UL << 30, 1UL << 30).Tensor("b", F32, 1UL << 62, 1UL << 30, 1UL << 30).Data(32).ToArray()),
        Case("row of half a block", "GgufRowNotWholeBlocks", () => new GgufBytes(tensors: 1).Tensor("a", Q4_0, 0, 48).Data(32).ToArray()),
        Case("misaligned tensor", "GgufTensorOffset", () => new GgufBytes(tensors: 1).Tensor("a", F32, 4, 8).Data(64).ToArray()),
        Case("overlap", "GgufTensorOffset", () => new GgufBytes(tensors: 2).Tensor("a", F32, 0, 8).Tensor("b", F32, 0, 8).Data(64).ToArray()),
        Case("hole", "GgufTensorOffset", () => new GgufBytes(tensors: 2).Tensor("a", F32, 0, 8).Tensor("b", F32, 64, 8).Data(96).ToArray()),
        Case("offset of 2^64-1", "GgufTensorOffset", () => new GgufBytes(tensors: 1).Tensor("a", F32, ulong.MaxValue, 8).Data(64).ToArray()),
        Case("tensor goes back after one of unknown type", "GgufTensorOffset", () => new GgufBytes(tensors: 3).Tensor("a", F32, 0, 8).Tensor("b", UnknownType, 32, 8).Tensor("c", F32, 0, 8).Data(96).ToArray()),
        Case("data cut off", "FileTruncated", () => new GgufBytes(tensors: 1).Tensor("a", F32, 0, 8).Data(31).ToArray()),
        Case("unknown type beyond the file", "GgufTensorOffset", () => new GgufBytes(tensors: 1).Tensor("a", UnknownType, 1 << 20, 8).Data(32).ToArray()),
        Case("terabyte of data claimed", "FileTruncated", () => new GgufBytes(tensors: 1).Tensor("a", F32, 0, 1UL << 20, 1UL << 20).Data(32).ToArray()),
        Case("tensor entry cut off", "FileTruncated", () => new GgufBytes(tensors: 1).Text("0123456789abcdef").U32(1).U8(1).ToArray()),
    ];

    private static GgufBytes Repeat(GgufBytes file, int count)
    {
        for (int i = 0; i < count; i++)
            file.U32(List).U64(1);
        return file;
    }

    private static HostileCase Case(string name, string id, Func<byte[]> bytes, long maxAllocatedBytes = 1 << 20) =>
        HostileCase.Of("gguf: " + name, "model.gguf", id, bytes, maxAllocatedBytes);
}
