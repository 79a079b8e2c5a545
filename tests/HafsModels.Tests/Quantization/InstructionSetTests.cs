using HafsModels.Quantization;
using HafsModels.Quantization.Lanes;
using Xunit;

namespace HafsModels.Tests.Quantization;

/// <summary>The same bytes on lesser CPUs: instruction sets are switched off when a process starts, so each setting has a process of its own.</summary>
public class InstructionSetTests
{
    [Theory]
    [InlineData("DOTNET_EnableAVX512", 8)]
    [InlineData("DOTNET_EnableAVX2", 4)]
    [InlineData("DOTNET_EnableAVX", 4)]
    [InlineData("DOTNET_EnableHWIntrinsic", 1)]
    public async Task Every_golden_block_comes_out_with_instructions_switched_off(string variable, int widest)
    {
        // What the process must have done follows from what this one can do: nothing may be left out, and the switch must have worked.
        int[] widths = [.. LaneWidths.Supported.Select(w => (int)w).Where(w => w <= widest)];
        int cases = BlockFormats.All.Sum(f => KernelGoldens.Of(f).Count) * widths.Length;
        Assert.True(cases > 500 * widths.Length, $"{cases} golden cases are too few");
        Assert.Equal($"widths {string.Join(',', widths)} cases {cases} differing 0", await SwitchedOff.Run(variable, "kernels"));
    }
}
