using HafsModels.Quantization;
using HafsModels.Quantization.Lanes;
using HafsModels.Tensors;
using HafsModels.Tests.Quantization;

namespace HafsModels.Benchmarks;

/// <summary>Compares every byte with libggml: all types, distributions and widths, with and without importance.</summary>
internal static class VerifyCommand
{
    private const int RowLength = 2304;

    public static int Run(string[] arguments)
    {
        Arguments options = new(arguments);
        Ggml ggml = Arguments.Peer();
        int rowCount = options.Number("--rows", 64);
        float[] importance = Distribution.MakeImportance(RowLength);
        int cases = 0, differing = 0;
        foreach (BlockFormat format in options.Formats())
        {
            long blocks = 0;
            foreach (Distribution distribution in Distribution.All)
            {
                float[] rows = distribution.Make(RowLength * rowCount, seed: 7);
                byte[] expected = new byte[rowCount * format.Type.RowBytes(RowLength)], actual = new byte[expected.Length];
                foreach (float[] weights in format.NeedsImportance ? [importance] : (float[][])[[], importance])
                {
                    if (Refuses(format, rows, weights, actual))
                    {
                        Console.WriteLine($"{format.Type,-8} refuses {distribution}: ggml would end the process");
                        continue;
                    }

                    ggml.Quantize(format.Type, rows, RowLength, weights, expected);
                    foreach (LaneWidth width in LaneWidths.Supported)
                    {
                        format.Encode(width, rows, RowLength, weights, actual);
                        cases++;
                        blocks += expected.Length / format.BlockBytes;
                        int bad = Enumerable.Range(0, expected.Length / format.BlockBytes)
                            .Count(i => !expected.AsSpan(i * format.BlockBytes, format.BlockBytes).SequenceEqual(actual.AsSpan(i * format.BlockBytes, format.BlockBytes)));
                        if (bad == 0)
                            continue;
                        differing++;
                        Console.WriteLine($"DIFFERENT {format.Type} {distribution} width {width} {(weights.Length == 0 ? "plain" : "importance")}: {bad} blocks");
                    }
                }
            }

            Console.WriteLine($"{format.Type,-8} {blocks,10:N0} blocks compared");
        }

        Console.WriteLine($"{cases} cases, {differing} differ; widths {string.Join(' ', LaneWidths.Supported.Select(w => (int)w))}");
        return differing == 0 ? 0 : 1;
    }

    private static bool Refuses(BlockFormat format, float[] rows, float[] importance, byte[] destination)
    {
        try
        {
            format.Encode(LaneWidth.One, rows, RowLength, importance, destination);
            return false;
        }
        catch (HafsException e) when (e.Id == "NotEncodable")
        {
            return true;
        }
    }
}
