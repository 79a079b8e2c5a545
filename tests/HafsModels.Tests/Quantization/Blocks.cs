using HafsModels.Quantization;
using HafsModels.Quantization.Lanes;
using Xunit;

namespace HafsModels.Tests.Quantization;

/// <summary>Comparison of encoded blocks.</summary>
internal static class Blocks
{
    /// <summary>Whether ours encodes the numbers. On some that are not finite, or too large to be weighed, ggml ends the process and ours refuses.</summary>
    public static bool CanEncode(BlockFormat format, ReadOnlySpan<float> rows, int rowLength, ReadOnlySpan<float> importance)
    {
        try
        {
            format.Encode(LaneWidth.One, rows, rowLength, importance, new byte[rows.Length / format.BlockElements * format.BlockBytes]);
            return true;
        }
        catch (HafsException e) when (e.Id == "NotEncodable")
        {
            return false;
        }
    }

    /// <summary>Fails with the first block that differs.</summary>
    public static void AssertEqual(BlockFormat format, ReadOnlySpan<byte> expected, ReadOnlySpan<byte> actual, string what)
    {
        if (expected.SequenceEqual(actual))
            return;
        int differing = 0, first = -1;
        for (int i = 0; i < expected.Length; i += format.BlockBytes)
        {
            if (expected.Slice(i, format.BlockBytes).SequenceEqual(actual.Slice(i, format.BlockBytes)))
                continue;
            differing++;
            if (first < 0)
                first = i;
        }

        Assert.Fail($"{format.Type} ({what}): {differing} of {expected.Length / format.BlockBytes} blocks differ; block {first / format.BlockBytes} is\n"
            + $"{Convert.ToHexString(actual.Slice(first, format.BlockBytes))}, not\n{Convert.ToHexString(expected.Slice(first, format.BlockBytes))}");
    }
}
