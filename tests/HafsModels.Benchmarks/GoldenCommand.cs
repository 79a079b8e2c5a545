using System.Security.Cryptography;
using System.Text.Json;
using HafsModels.Quantization;
using HafsModels.Tests.Quantization;

namespace HafsModels.Benchmarks;

/// <summary>Writes what libggml encodes and decodes, as hashes, for tests on machines that lack it.</summary>
internal static class GoldenCommand
{
    private const int RowLength = 768, Rows = 4;

    private static readonly JsonSerializerOptions Options = new() { WriteIndented = true };

    public static int Run(string file)
    {
        Ggml ggml = Arguments.Peer();
        SortedDictionary<string, SortedDictionary<string, string>> hashes = [];
        foreach (BlockFormat format in BlockFormats.All)
        {
            hashes[format.Type.ToString()] = [];
            foreach (Distribution distribution in Distribution.All)
            {
                float[] rows = distribution.Make(RowLength * Rows), decoded = new float[rows.Length];
                byte[] blocks = new byte[rows.Length / format.BlockElements * format.BlockBytes];
                foreach (float[] importance in format.NeedsImportance ? [Distribution.MakeImportance(RowLength)] : (float[][])[[], Distribution.MakeImportance(RowLength)])
                {
                    if (!CanEncode(format, rows, importance, blocks))
                        continue;
                    ggml.Quantize(format.Type, rows, RowLength, importance, blocks);
                    ggml.Dequantize(format.Type, blocks, decoded);
                    hashes[format.Type.ToString()][$"{distribution}, {(importance.Length == 0 ? "plain" : "importance")}"]
                        = $"{Hash(blocks)} {Hash(System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(decoded))}";
                }
            }
        }

        File.WriteAllText(file, JsonSerializer.Serialize(
            new
            {
                tool = "libggml-base.so of npm @node-llama-cpp/linux-x64 3.22.1",
                command = "HAFS_GGML=… dotnet run -c Release --project tests/HafsModels.Benchmarks -- golden tests/HafsModels.Tests/Golden/quantization.json",
                content = $"type -> distribution and importance -> first 16 hexadecimal digits of the SHA-256 of {Rows} rows of {RowLength} encoded, and of these decoded; numbers from Distribution.Make with seed 1, importance with seed 2",
                hashes,
            },
            Options) + "\n");
        return 0;
    }

    private static string Hash(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 8));

    // On some numbers ggml ends the process; ours refuses them.
    private static bool CanEncode(BlockFormat format, float[] rows, float[] importance, byte[] destination)
    {
        try
        {
            format.Encode(rows, RowLength, importance, destination);
            return true;
        }
        catch (HafsException e) when (e.Id == "NotEncodable")
        {
            return false;
        }
    }
}
