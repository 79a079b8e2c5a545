using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using HafsModels.Tensors;

namespace HafsModels.Tests.Quantization;

/// <summary>The real llama-quantize.</summary>
internal static partial class LlamaQuantize
{
    /// <summary>What it would make of each tensor that is not left as it is, and what it says.</summary>
    public static (Dictionary<string, GgmlType> Types, string Text) Plan(string folder, string source, string recipe, string? importance, params IEnumerable<string> controls)
    {
        string text = Run(folder, ["--dry-run", .. (string[])(importance is null ? [] : ["--imatrix", importance]), .. controls, source, recipe]);
        var types = new Dictionary<string, GgmlType>(StringComparer.Ordinal);
        foreach (Match line in Line().Matches(text))
            types[line.Groups["name"].Value] = Enum.Parse<GgmlType>(line.Groups["type"].Value, ignoreCase: true);
        return (types, text);
    }

    /// <summary>Runs it; both its streams.</summary>
    public static string Run(string folder, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(Path.Combine(folder, "llama-quantize")) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string text = process.StandardOutput.ReadToEnd() + errors.GetAwaiter().GetResult();
        process.WaitForExit();
        return process.ExitCode == 0 ? text : throw new InvalidOperationException($"llama-quantize exited with {process.ExitCode}: {text}");
    }

    /// <summary>Writes an importance matrix in the old format that speaks of one tensor only: enough for choosing types.</summary>
    public static void WriteImportance(string path)
    {
        using var writer = new BinaryWriter(File.Create(path), Encoding.UTF8);
        byte[] name = "blk.0.attn_q.weight"u8.ToArray();
        writer.Write(1);
        writer.Write(name.Length);
        writer.Write(name);
        writer.Write(1);
        writer.Write(512);
        for (int i = 0; i < 512; i++)
            writer.Write(1f);
        writer.Write(1);
        writer.Write(4);
        writer.Write("text"u8);
    }

    [GeneratedRegex(@"^\[ *\d+/ *\d+\] +(?<name>\S+) .*\((?<type>[a-z0-9_]+)\)", RegexOptions.Multiline | RegexOptions.IgnoreCase)]
    private static partial Regex Line();
}
