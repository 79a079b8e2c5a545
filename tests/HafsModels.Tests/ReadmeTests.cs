using System.Text.RegularExpressions;
using HafsModels.Tests.Hafs;
using Xunit;

namespace HafsModels.Tests;

/// <summary>The README's examples run as they stand. Its PowerShell examples are run by the Pester suites.</summary>
public sealed partial class ReadmeTests
{
    private static readonly string Text = File.ReadAllText(Repository.PathOf("README.md"));

    [Fact]
    public void The_first_two_blocks_are_one_command_each()
    {
        string[] blocks = [.. Block().Matches(Text).Select(m => m.Groups["code"].Value.Trim())];
        Assert.StartsWith("dotnet run ", blocks[0], StringComparison.Ordinal);
        Assert.StartsWith("dotnet test", blocks[1], StringComparison.Ordinal);
        Assert.DoesNotContain('\n', blocks[0] + blocks[1]);
    }

    [Fact]
    public async Task The_command_line_examples_run_in_order()
    {
        using var hafs = new HafsProcess();
        string[] commands = [.. Block().Matches(Text).Where(m => m.Groups["language"].Value == "sh")
            .SelectMany(m => m.Groups["code"].Value.Split('\n')).Where(line => line.StartsWith("hafs ", StringComparison.Ordinal))];
        Assert.NotEmpty(commands);
        string model = hafs.CopyModel("kjv-llama");
        foreach (string command in commands)
        {
            // The copy stands for the shipped model, so that no output lands in the repository.
            string[] arguments = [.. command.Split(' ').Skip(1).Select(a => a == "./tests/models/kjv-llama" ? model : a)];
            (int code, _, string error) = await hafs.RunAsync(arguments);
            Assert.True(code == 0, $"{command}: {error}");
        }
    }

    [GeneratedRegex("^```(?<language>\\w+)\n(?<code>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();
}
