using System.Text;
using static HafsModels.Tests.Formats.SafeTensors.SafeTensorsBytes;

namespace HafsModels.Tests.Hostile;

/// <summary>Bad indexes of sharded checkpoints.</summary>
internal static class HostileIndexes
{
    private const string Name = "model.safetensors.index.json";

    public static IEnumerable<HostileCase> All =>
    [
        Case("empty", "ShardIndexJson", ""),
        Case("not JSON", "ShardIndexJson", "weight_map: {}"),
        Case("a list", "ShardIndexShape", "[]"),
        Case("no weight_map", "ShardIndexShape", """{"metadata":{}}"""),
        Case("empty weight_map", "ShardIndexShape", """{"weight_map":{}}"""),
        Case("weight_map is a list", "ShardIndexShape", """{"weight_map":["a"]}"""),
        Case("climbs out of the folder", "ShardFileName", Map("a", "../evil.safetensors")),
        Case("absolute path", "ShardFileName", Map("a", "/etc/passwd")),
        Case("backslash path", "ShardFileName", Map("a", @"..\\evil.safetensors")),
        Case("parent folder", "ShardFileName", Map("a", "..")),
        Case("sub-folder", "ShardFileName", Map("a", "x/y.safetensors")),
        Case("empty file name", "ShardFileName", Map("a", "")),
        Case("NUL in a file name", "ShardFileName", Map("a", @"one.safetensors\u0000.txt")),
        Case("file name is a number", "ShardFileName", """{"weight_map":{"a":1}}"""),
        Case("file name of a megabyte of list", "ShardFileName", $$$"""{"weight_map":{"a":[{{{new string(' ', 1 << 20)}}}]}}""", 16 << 20),
        Case("tensor twice", "ShardIndexJson", """{"weight_map":{"a":"one.safetensors","a":"two.safetensors"}}"""),
        Case("half a surrogate pair in a tensor name", "ShardIndexJson", Map(@"\ud800", "one.safetensors")),
        Case("half a surrogate pair in a file name", "ShardIndexJson", Map("a", @"\udc00")),
        Case("10,000 levels", "ShardIndexJson", string.Concat(Enumerable.Repeat("{\"a\":", 10_000))),
        Case("shard is not there", "ShardMissing", Map("a", "three.safetensors")),
        Case("shard is the folder itself", "ShardFileName", Map("a", ".")),
        Case("tensor is in no shard", "ShardTensorMissing", """{"weight_map":{"a":"one.safetensors","c":"two.safetensors"}}"""),
        Case("tensor is in the other shard", "ShardTensorMissing", """{"weight_map":{"a":"two.safetensors","b":"one.safetensors"}}"""),
        Case("tensor is in both shards", "ShardDuplicateTensor", """{"weight_map":{"a":"one.safetensors","b":"copy.safetensors"}}"""),
        Case("shard is the index", "SafeTensorsHeaderTooLarge", Map("a", Name)),
        Case("damaged shard", "FileTruncated", Map("a", "damaged.safetensors")),
        new("index: not UTF-8", Name, "ShardIndexJson", () => [(Name, [(byte)'{', (byte)'"', 0xff, (byte)'"', (byte)':', (byte)'1', (byte)'}'])]),
    ];

    private static string Map(string tensor, string file) => $$$"""{"weight_map":{"{{{tensor}}}":"{{{file}}}"}}""";

    private static HostileCase Case(string name, string id, string json, long maxAllocatedBytes = 1 << 20) => new("index: " + name, Name, id, () => Files(json), maxAllocatedBytes);

    private static (string Name, byte[] Bytes)[] Files(string json)
    {
        byte[] one = File($"{{{Floats("a", 0, 4)}}}", 4), two = File($"{{{Floats("b", 0, 4)}}}", 4);
        byte[] copy = File($"{{{Floats("a", 0, 4)},{Floats("b", 4, 8)}}}", 8);
        return [(Name, Encoding.UTF8.GetBytes(json)), ("one.safetensors", one), ("two.safetensors", two), ("copy.safetensors", copy), ("damaged.safetensors", one[..^1])];
    }
}
