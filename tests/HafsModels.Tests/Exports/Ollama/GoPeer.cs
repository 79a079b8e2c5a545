using System.Diagnostics;
using System.Text.Json;
using HafsModels.Tests.Tokenizers;
using HafsModels.Tokenizers;
using Xunit;

namespace HafsModels.Tests.Exports.Ollama;

/// <summary>Go's text/template, which Ollama uses, on data shaped as Ollama's.</summary>
internal static class GoPeer
{
    public static string[] Render(IEnumerable<(string Template, string System, ChatMessage[] Messages)> cases)
    {
        string go = Peers.Go;
        using var scratch = new ScratchFolder();
        string input = scratch.Write("cases.json", JsonSerializer.Serialize(cases.Select(c => new { c.Template, c.System, Messages = c.Messages.Select(m => new { m.Role, m.Content }) })));
        var start = new ProcessStartInfo(go, ["run", Repository.PathOf("tests", "peers", "go-template.go"), input]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach ((string name, string value) in new[] { ("GO111MODULE", "off"), ("GOFLAGS", ""), ("GOCACHE", Path.Combine(Path.GetTempPath(), "hafs-go-cache")), ("GOTELEMETRY", "off") })
            start.Environment[name] = value;
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, errors.GetAwaiter().GetResult());
        return JsonSerializer.Deserialize<string[]>(output)!;
    }
}
