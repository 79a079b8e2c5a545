using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using HafsModels.Registry;
using Xunit;

namespace HafsModels.Tests.Hafs;

/// <summary><c>hafs training watch</c> as a process.</summary>
public sealed class HafsWatchTests
{
    [SkippableFact]
    public async Task Training_watch_registers_runs_that_end_until_it_is_interrupted_and_once_ends_by_itself()
    {
        Skip.If(OperatingSystem.IsWindows(), "The signal is sent as on POSIX.");
        using var hafs = new HafsProcess();
        string runs = Directory.CreateDirectory(Path.Combine(hafs.Folder, "runs")).FullName;
        using Process watch = hafs.Start("training", "watch", runs, "--quiet-seconds", "1", "--role", "bible", "--json");
        string aside = hafs.CopyModel("kjv-llama");
        Directory.Move(aside, Path.Combine(runs, "kjv-llama"));
        JsonElement model = JsonElement.Parse(await FirstDocument(watch.StandardOutput));
        Assert.Equal(("kjv-llama", "bible"), (model.GetProperty("model_id").GetString(), model.GetProperty("role").GetString()));

        using Process interrupt = Process.Start("kill", ["-INT", watch.Id.ToString(CultureInfo.InvariantCulture)]);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await watch.WaitForExitAsync(limit.Token);
        Assert.Equal((0, ""), (watch.ExitCode, await watch.StandardError.ReadToEndAsync(limit.Token)));

        Directory.Move(hafs.CopyModel("kjv-qwen2"), Path.Combine(runs, "kjv-qwen2"));
        (int code, string output, string error) = await hafs.RunAsync("training", "watch", runs, "--quiet-seconds", "0", "--once");
        Assert.True(code == 0, error);
        Assert.Contains("Registered model: kjv-qwen2", output, StringComparison.Ordinal);
        Assert.DoesNotContain("kjv-llama", output, StringComparison.Ordinal);
        Assert.Equal(["kjv-llama", "kjv-qwen2"], new Workbench(hafs.Registry).Find(new ModelQuery()).Select(m => m.Id));
        (code, _, error) = await hafs.RunAsync("training", "watch", runs, "--quiet-seconds", "-1");
        Assert.Equal((1, true), (code, error.Contains("--quiet-seconds", StringComparison.Ordinal)));
    }

    // An indented document ends with a brace at the beginning of a line; the process goes on.
    private static async Task<string> FirstDocument(StreamReader output)
    {
        var text = new StringBuilder();
        string? line;
        do
        {
            text.AppendLine(line = await output.ReadLineAsync());
        }
        while (line is not (null or "}"));
        return text.ToString();
    }
}
