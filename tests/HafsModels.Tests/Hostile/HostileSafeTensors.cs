using static HafsModels.Tests.Formats.SafeTensors.SafeTensorsBytes;

namespace HafsModels.Tests.Hostile;

/// <summary>Bad safetensors files.</summary>
internal static class HostileSafeTensors
{
    public static IEnumerable<HostileCase> All =>
    [
        Case("empty file", "FileTruncated", () => []),
        Case("length cut off", "FileTruncated", () => new byte[7]),
        Case("header of 2^63-1 bytes", "SafeTensorsHeaderTooLarge", () => [.. Length(long.MaxValue), .. "{}"u8]),
        Case("header of 2^64-1 bytes", "SafeTensorsHeaderTooLarge", () => [.. Length(ulong.MaxValue), .. "{}"u8]),
        Case("header one byte over the cap", "SafeTensorsHeaderTooLarge", () => [.. Length(100_000_001), .. "{}"u8]),
        Case("header of 0 bytes", "SafeTensorsHeaderTooSmall", () => Length(0)),
        Case("header longer than the file", "FileTruncated", () => [.. Length(99_999_999), .. "{}"u8]),
        Case("zip with the wrong extension", "SafeTensorsHeaderTooLarge", () => "PK\x03\x04\x00\x00\x08\x08rest of a zip"u8.ToArray()),
        Case("header begins with a space", "SafeTensorsHeaderStart", () => File(" {}")),
        Case("header is an array", "SafeTensorsHeaderStart", () => File("[]")),
        Case("header is not UTF-8", "SafeTensorsHeaderUtf8", () => File([(byte)'{', (byte)'"', 0xc3, 0x28, (byte)'"', (byte)'}'], [])),
        Case("header is cut off", "SafeTensorsHeaderJson", () => File("""{"a":{"dtype":"F32","shape":""")),
        Case("text after the object", "SafeTensorsHeaderJson", () => File("{} {}")),
        Case("comment", "SafeTensorsHeaderJson", () => File("{/* */}")),
        Case("100,000 open brackets", "SafeTensorsNumber", () => File("""{"a":{"dtype":"F32","shape":""" + new string('[', 100_000))),
        Case("100,000 open objects", "SafeTensorsField", () => File("""{"__metadata__":{"a":""" + string.Concat(Enumerable.Repeat("{\"a\":", 100_000)), 0), 8 << 20),
        Case("name twice", "SafeTensorsDuplicateName", () => File($"{{{Floats("a", 0, 4)},{Floats("a", 4, 8)}}}", 8)),
        Case("name twice, once escaped", "SafeTensorsDuplicateName", () => File($"{{{Floats("a", 0, 4)},{Floats("\\u0061", 4, 8)}}}", 8)),
        Case("metadata key twice", "SafeTensorsDuplicateName", () => File("""{"__metadata__":{"a":"1","a":"2"}}""")),
        Case("metadata holds a number", "SafeTensorsField", () => File("""{"__metadata__":{"a":1}}""")),
        Case("metadata is a list", "SafeTensorsField", () => File("""{"__metadata__":[]}""")),
        Case("tensor is a number", "SafeTensorsField", () => File("""{"a":1}""")),
        Case("unknown dtype", "SafeTensorsType", () => File("""{"a":{"dtype":"Q99","shape":[1],"data_offsets":[0,4]}}""", 4)),
        Case("no shape", "SafeTensorsField", () => File("""{"a":{"dtype":"F32","data_offsets":[0,4]}}""", 4)),
        Case("dtype twice", "SafeTensorsField", () => File("""{"a":{"dtype":"F32","dtype":"F16","shape":[1],"data_offsets":[0,4]}}""", 4)),
        Case("unknown field", "SafeTensorsField", () => File("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"exec":"rm"}}""", 4)),
        Case("negative dimension", "SafeTensorsNumber", () => File("""{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""", 4)),
        Case("fractional dimension", "SafeTensorsNumber", () => File("""{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}""", 4)),
        Case("dimension of 1e30", "SafeTensorsNumber", () => File("""{"a":{"dtype":"F32","shape":[1e30],"data_offsets":[0,4]}}""", 4)),
        Case("dimension is text", "SafeTensorsNumber", () => File("""{"a":{"dtype":"F32","shape":["1"],"data_offsets":[0,4]}}""", 4)),
        Case("1,000 dimensions", "SafeTensorsNumber", () => File($$$"""{"a":{"dtype":"F32","shape":[{{{string.Join(',', Enumerable.Repeat(1, 1000))}}}],"data_offsets":[0,4]}}""", 4)),
        Case("elements overflow", "SafeTensorsShape", () => File("""{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}""")),
        Case("bytes overflow", "SafeTensorsShape", () => File("""{"a":{"dtype":"F64","shape":[2305843009213693952],"data_offsets":[0,0]}}""")),
        Case("size and shape disagree", "SafeTensorsSize", () => File("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", 4)),
        Case("ends before it begins", "SafeTensorsOffsets", () => File("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}""", 4)),
        Case("three offsets", "SafeTensorsNumber", () => File("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}}""", 4)),
        Case("one offset", "SafeTensorsField", () => File("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}""", 4)),
        Case("offset of 2^64-1", "SafeTensorsNumber", () => File("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,18446744073709551615]}}""", 4)),
        Case("overlap", "SafeTensorsOverlap", () => File($"{{{Floats("a", 0, 8)},{Floats("b", 4, 12)}}}", 12)),
        Case("same place twice", "SafeTensorsOverlap", () => File($"{{{Floats("a", 0, 8)},{Floats("b", 0, 8)}}}", 8)),
        Case("empty tensor inside another", "SafeTensorsOverlap", () => File($"{{{Floats("a", 0, 8)},{Floats("b", 4, 4)}}}", 8)),
        Case("hole", "SafeTensorsHole", () => File($"{{{Floats("a", 0, 4)},{Floats("b", 8, 12)}}}", 12)),
        Case("first tensor not at 0", "SafeTensorsHole", () => File($"{{{Floats("a", 4, 8)}}}", 8)),
        Case("data cut off", "FileTruncated", () => File($"{{{Floats("a", 0, 8)}}}", 7)),
        Case("terabyte of data claimed", "FileTruncated", () => File($"{{{Floats("a", 0, 1L << 40)}}}", 8)),
        Case("data of no tensor", "SafeTensorsTrailingData", () => File($"{{{Floats("a", 0, 8)}}}", 9)),
        Case("NUL in a name", "SafeTensorsName", () => File($"{{{Floats("a\\u0000b", 0, 4)}}}", 4)),
        Case("empty name", "SafeTensorsName", () => File($"{{{Floats("", 0, 4)}}}", 4)),
        Case("name of 100,000 characters", "SafeTensorsName", () => File($"{{{Floats(new string('a', 100_000), 0, 4)}}}", 4)),
        Case("half a surrogate pair", "SafeTensorsHeaderJson", () => File($"{{{Floats("\\ud800", 0, 4)}}}", 4)),
        Case("dtype of a megabyte", "SafeTensorsType", () => File($$$"""{"a":{"dtype":"{{{new string('F', 1 << 20)}}}","shape":[1],"data_offsets":[0,4]}}""", 4), 16 << 20),
    ];

    private static HostileCase Case(string name, string id, Func<byte[]> bytes, long maxAllocatedBytes = 1 << 20) =>
        HostileCase.Of("safetensors: " + name, "model.safetensors", id, bytes, maxAllocatedBytes);
}
