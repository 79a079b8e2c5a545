using System.Diagnostics;
using Xunit;

namespace HafsModels.Tests.Quantization;

/// <summary>The golden hashes again in processes that lack instruction sets this CPU has.</summary>
public class InstructionSetTests
{
    [Theory]
    [InlineData("DOTNET_EnableAVX512")]
    [InlineData("DOTNET_EnableAVX2")]
    [InlineData("DOTNET_EnableHWIntrinsic")]
    public void Bytes_do_not_depend_on_instruction_sets(string switchOff)
    {
        ProcessStartInfo start = new(Environment.ProcessPath!)
        {
            RedirectStandardOutput = true,
            ArgumentList = { "vstest", typeof(InstructionSetTests).Assembly.Location, $"--TestCaseFilter:Name~{nameof(BlockFormatTests.Encodes_and_decodes_to_the_golden_hashes_of_libggml)}" },
            Environment = { [switchOff] = "0" },
        };
        if (Path.GetFileNameWithoutExtension(start.FileName) != "dotnet")
            start.FileName = "dotnet";
        using Process child = Process.Start(start)!;
        string output = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        Assert.True(child.ExitCode == 0 && output.Contains("Test Run Successful", StringComparison.Ordinal), output);
    }
}
