using System.Text.RegularExpressions;
using Xunit;

namespace HafsModels.Tests;

/// <summary>Which room may import which, as docs/architecture.md draws it.</summary>
public sealed partial class ArchitectureTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Tensors"] = [],
        ["Quantization"] = ["Tensors"],
        ["Formats"] = ["Tensors", "Quantization"],
        ["Tokenizers"] = ["Formats"],
        ["Architectures"] = ["Tensors", "Formats"],
        ["Conversion"] = ["Tensors", "Quantization", "Formats", "Tokenizers", "Architectures"],
        ["Inference"] = ["Tensors", "Quantization", "Formats", "Tokenizers", "Architectures", "Conversion"],
        ["Measurement"] = ["Tensors", "Quantization", "Formats", "Tokenizers", "Architectures", "Conversion", "Inference"],
        ["Registry"] = ["Quantization", "Formats", "Inference"],
        ["Transfer"] = ["Registry"],
        ["Exports"] = ["Tensors", "Quantization", "Formats", "Tokenizers", "Architectures", "Conversion", "Inference", "Registry"],
        ["Deployment"] = ["Tensors", "Quantization", "Formats", "Tokenizers", "Architectures", "Conversion", "Inference", "Measurement", "Registry", "Exports"],
    };

    public static TheoryData<string> Rooms() => [.. Directory.GetDirectories(CoreFolder()).Select(d => Path.GetFileName(d)!).Where(n => n is not ("bin" or "obj"))];

    [Theory]
    [MemberData(nameof(Rooms))]
    public void A_room_imports_only_the_rooms_below_it(string room)
    {
        Assert.True(Allowed.ContainsKey(room), $"src/HafsModels/{room} is a new room: say in this table and in docs/architecture.md what it may import");
        var violations =
            from file in Directory.EnumerateFiles(Path.Combine(CoreFolder(), room), "*.cs", SearchOption.AllDirectories)
            from Match use in RoomName().Matches(File.ReadAllText(file))
            let target = use.Groups[1].Value
            where target != room && Allowed.ContainsKey(target) && !Allowed[room].Contains(target)
            select $"{Path.GetRelativePath(CoreFolder(), file)} uses {target}";
        Assert.Empty(violations.Distinct());
    }

    [Fact]
    public void The_core_knows_neither_console_nor_powershell()
    {
        var violations =
            from file in Directory.EnumerateFiles(CoreFolder(), "*.cs", SearchOption.AllDirectories)
            where !file.Contains(Path.DirectorySeparatorChar + "obj" + Path.DirectorySeparatorChar)
            let text = File.ReadAllText(file)
            where text.Contains("Console.", StringComparison.Ordinal) || text.Contains("System.Management.Automation", StringComparison.Ordinal)
            select Path.GetRelativePath(CoreFolder(), file);
        Assert.Empty(violations);
    }

    private static string CoreFolder() => Path.Combine(Repository.Root, "src", "HafsModels");

    // Both "using HafsModels.Formats.Gguf;" and a qualified "Formats.Gguf.GgufFile" or "Registry.Model" in code.
    [GeneratedRegex(@"HafsModels\.(Tensors|Quantization|Formats|Tokenizers|Architectures|Conversion|Inference|Measurement|Registry|Transfer|Exports|Deployment)\b")]
    private static partial Regex RoomName();
}
