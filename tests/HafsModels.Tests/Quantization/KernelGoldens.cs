using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using HafsModels.Quantization;
using HafsModels.Quantization.Lanes;

namespace HafsModels.Tests.Quantization;

/// <summary>What libggml encoded and decoded, as hashes, beside what our kernels make of the same numbers.</summary>
internal static class KernelGoldens
{
    private const int RowLength = 768, Rows = 4;

    /// <summary>The cases of one type: distribution and whether importance weighs, and the hash of the blocks and of the numbers decoded from them.</summary>
    public static IReadOnlyList<(string Case, string Hashes)> Of(BlockFormat format)
    {
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllText(Repository.PathOf("tests", "HafsModels.Tests", "Golden", "quantization.json")));
        return [.. golden.RootElement.GetProperty("hashes").GetProperty(format.Type.ToString()).EnumerateObject().Select(p => (p.Name, p.Value.GetString()!))];
    }

    /// <summary>The hashes of our encoder at one width and our decoder.</summary>
    public static string Hashes(BlockFormat format, string name, LaneWidth width)
    {
        int comma = name.LastIndexOf(',');
        float[] rows = Distribution.All.Single(d => d.Name == name[..comma]).Make(RowLength * Rows), decoded = new float[rows.Length];
        float[] importance = name.EndsWith("importance", StringComparison.Ordinal) ? Distribution.MakeImportance(RowLength) : [];
        byte[] blocks = new byte[rows.Length / format.BlockElements * format.BlockBytes];
        format.Encode(width, rows, RowLength, importance, blocks);
        format.Decode(blocks, decoded);
        return $"{Hash(blocks)} {Hash(MemoryMarshal.AsBytes<float>(decoded))}";
    }

    /// <summary>Compares every case of every type at every width, and says how many cases there were: <c>widths 16,8,4,1 cases 2400 differing 0</c>.</summary>
    public static int Run(TextWriter output)
    {
        int cases = 0, differing = 0;
        foreach (BlockFormat format in BlockFormats.All)
        {
            foreach ((string name, string expected) in Of(format))
            {
                foreach (LaneWidth width in LaneWidths.Supported)
                {
                    cases++;
                    if (Hashes(format, name, width) == expected)
                        continue;
                    differing++;
                    output.WriteLine($"different: {format.Type} {name} at width {(int)width}");
                }
            }
        }

        output.WriteLine($"widths {string.Join(',', LaneWidths.Supported.Select(w => (int)w))} cases {cases} differing {differing}");
        return differing == 0 ? 0 : 1;
    }

    private static string Hash(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 8));
}
