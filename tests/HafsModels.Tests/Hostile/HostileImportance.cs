using HafsModels.Tests.Formats.Gguf;
using HafsModels.Tests.Formats.ImportanceMatrices;

namespace HafsModels.Tests.Hostile;

/// <summary>Bad importance matrices, in both forms.</summary>
internal static class HostileImportance
{
    private static readonly byte[] Good = ImportanceFiles.Entry("a", 1, 1, 2);

    public static IEnumerable<HostileCase> All =>
    [
        Case("empty file", "FileTruncated", () => []),
        Case("three bytes", "FileTruncated", () => [1, 0, 0]),
        Case("a text", "ImportanceCount", () => "In the beginning God created the heaven and the earth."u8.ToArray()),
        Case("no entries", "ImportanceCount", () => [.. ImportanceFiles.Binary(0), .. new byte[64]]),
        Case("-1 entries", "ImportanceCount", () => [.. ImportanceFiles.Binary(-1), .. new byte[64]]),
        Case("more entries than fit", "ImportanceCount", () => ImportanceFiles.Binary(100, Good)),
        Case("fewer entries than stated", "FileTruncated", () => ImportanceFiles.Binary(2, ImportanceFiles.Entry("a", 1, 1, 2, 3, 4, 5, 6))),
        Case("name of 2^31-1 bytes", "ImportanceCount", () => [.. ImportanceFiles.Binary(1), .. BitConverter.GetBytes(int.MaxValue), .. new byte[64]]),
        Case("name of no bytes", "ImportanceCount", () => ImportanceFiles.Binary(1, ImportanceFiles.Entry("", 1, 1, 2, 3))),
        Case("-5 values", "ImportanceCount", () => ImportanceFiles.Binary(1, [.. Good.AsSpan(0, 9), .. BitConverter.GetBytes(-5), .. new byte[64]])),
        Case("2^31-1 values", "ImportanceCount", () => ImportanceFiles.Binary(1, [.. Good.AsSpan(0, 9), .. BitConverter.GetBytes(int.MaxValue), .. new byte[64]])),
        Case("no values", "ImportanceCount", () => ImportanceFiles.Binary(1, ImportanceFiles.Entry("a", 1), new byte[16])),
        Case("values cut off", "ImportanceCount", () => ImportanceFiles.Binary(1, ImportanceFiles.Entry("a", 1, 1, 2, 3, 4, 5)[..^2])),
        Case("entry twice", "ImportanceDuplicate", () => ImportanceFiles.Binary(2, Good, Good)),
        Case("NaN", "ImportanceValue", () => ImportanceFiles.Binary(1, ImportanceFiles.Entry("a", 1, 1, float.NaN))),
        Case("infinity", "ImportanceValue", () => ImportanceFiles.Binary(1, ImportanceFiles.Entry("a", 1, float.PositiveInfinity, 1))),
        Case("negative", "ImportanceValue", () => ImportanceFiles.Binary(1, ImportanceFiles.Entry("a", 1, 1, -1e-30f))),
        Case("end cut off", "FileTruncated", () => ImportanceFiles.Binary(1, Good, ImportanceFiles.Tail(1, "text.txt")[..^1])),
        Case("dataset of 2^30 bytes", "ImportanceCount", () => ImportanceFiles.Binary(1, Good, BitConverter.GetBytes(1), BitConverter.GetBytes(1 << 30))),
        Case("-1 chunks", "ImportanceCount", () => ImportanceFiles.Binary(1, Good, ImportanceFiles.Tail(-1, "text.txt"))),
        Case("bytes after the end", "ImportanceTrailingData", () => ImportanceFiles.Binary(1, Good, ImportanceFiles.Tail(1, "text.txt"), [0])),

        Case("broken GGUF", "GgufVersion", () => "GGUF\x09\x00\x00\x00"u8.ToArray()),
        Case("GGUF of a model", "NotAnImportanceMatrix", () => new GgufBytes(keys: 1).Text("general.architecture").U32(8).Text("llama").Data(0).ToArray()),
        Case("GGUF without datasets", "NotAnImportanceMatrix", () => ImportanceFiles.Gguf("imatrix.datasets", ("a.in_sum2", [1]), ("a.counts", [1]))),
        Case("GGUF without a chunk count", "NotAnImportanceMatrix", () => ImportanceFiles.Gguf("imatrix.chunk_count", ("a.in_sum2", [1]), ("a.counts", [1]))),
        Case("GGUF without a chunk size", "NotAnImportanceMatrix", () => ImportanceFiles.Gguf("imatrix.chunk_size", ("a.in_sum2", [1]), ("a.counts", [1]))),
        Case("GGUF without entries", "ImportanceEmpty", () => ImportanceFiles.Gguf(("a", [1]))),
        Case("GGUF with sums but no counts", "ImportancePair", () => ImportanceFiles.Gguf(("a.in_sum2", [1]))),
        Case("GGUF with counts but no sums", "ImportancePair", () => ImportanceFiles.Gguf(("a.counts", [1]))),
        Case("GGUF with two counts for three sums", "ImportanceEntry", () => ImportanceFiles.Gguf(("a.in_sum2", [1, 2, 3]), ("a.counts", [1, 2]))),
        Case("GGUF with fewer sums than counts", "ImportanceEntry", () => ImportanceFiles.Gguf(("a.in_sum2", [1, 2]), ("a.counts", [1, 2, 3]))),
        Case("GGUF with NaN sums", "ImportanceValue", () => ImportanceFiles.Gguf(("a.in_sum2", [1, float.NaN]), ("a.counts", [1]))),
        Case("GGUF with a negative sum", "ImportanceValue", () => ImportanceFiles.Gguf(("a.in_sum2", [1, -1]), ("a.counts", [1]))),
        Case("GGUF with a NaN count", "ImportanceValue", () => ImportanceFiles.Gguf(("a.in_sum2", [1, 1]), ("a.counts", [float.NaN]))),
        Case("GGUF with a negative count", "ImportanceValue", () => ImportanceFiles.Gguf(("a.in_sum2", [1, 1]), ("a.counts", [-1]))),
        Case("GGUF cut off", "FileTruncated", () => ImportanceFiles.Gguf(("a.in_sum2", [1, 1]), ("a.counts", [1]))[..^32]),
    ];

    private static HostileCase Case(string name, string id, Func<byte[]> bytes) => HostileCase.Of("importance: " + name, "text.imatrix", id, bytes);
}
