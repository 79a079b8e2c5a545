using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace HafsModels.Tests.Inference;

/// <summary>The real llama-server, serving one file on loopback for the time of a test.</summary>
internal sealed class LlamaServer : IDisposable
{
    private readonly Process process;
    private readonly HttpClient client;
    private readonly StringBuilder log = new();

    /// <summary>Starts it.</summary>
    /// <param name="file">The model.</param>
    /// <param name="more">Further arguments.</param>
    public LlamaServer(string file, params string[] more)
    {
        int port = FreePort();
        string[] arguments = ["-m", file, "--host", "127.0.0.1", "--port", $"{port}", "-c", "512", "-t", "1", "-np", "1", "--no-webui", "-ngl", "0", .. more];
        process = new Process { StartInfo = new ProcessStartInfo(Path.Combine(Peers.LlamaBin, "llama-server"), arguments) { RedirectStandardError = true, RedirectStandardOutput = true } };
        process.ErrorDataReceived += Keep;
        process.OutputDataReceived += Keep;
        process.Start();
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = TimeSpan.FromSeconds(60) };
        WaitUntilReady();
    }

    /// <summary>Where it listens.</summary>
    public Uri Endpoint => client.BaseAddress!;

    /// <summary>What it has said so far.</summary>
    public string Log
    {
        get
        {
            lock (log)
                return log.ToString();
        }
    }

    /// <summary>Continues tokens greedily.</summary>
    public IReadOnlyList<LlamaChoice> Complete(IReadOnlyList<int> prompt, int count)
    {
        var request = new JsonObject
        {
            ["prompt"] = new JsonArray([.. prompt.Select(id => JsonValue.Create(id))]),
            ["n_predict"] = count,
            ["temperature"] = 0,
            ["n_probs"] = 2,
            ["cache_prompt"] = false,
        };
        return [.. Post(request)["completion_probabilities"]!.AsArray().Select(position =>
        {
            double[] best = [.. position!["top_logprobs"]!.AsArray().Select(choice => choice!["logprob"]!.GetValue<double>())];
            return new LlamaChoice(position["id"]!.GetValue<int>(), best[0], best[0] - best[1]);
        })];
    }

    /// <summary>Logarithmic probabilities of every token after a prompt.</summary>
    /// <param name="prompt">Token ids.</param>
    /// <param name="vocabulary">Number of tokens.</param>
    /// <param name="printable">A token whose text is whole; the server answers nothing for a piece of a character.</param>
    public double[] LogProbabilities(IReadOnlyList<int> prompt, int vocabulary, int printable)
    {
        JsonNode position = Post(new JsonObject
        {
            ["prompt"] = new JsonArray([.. prompt.Select(id => JsonValue.Create(id))]),
            ["n_predict"] = 1,
            ["temperature"] = 0,
            ["n_probs"] = vocabulary,
            ["cache_prompt"] = false,
            ["logit_bias"] = new JsonArray(new JsonArray(printable, 1e6)),
        })["completion_probabilities"]![0]!;
        var logs = new double[vocabulary];
        Array.Fill(logs, double.NegativeInfinity);
        foreach (JsonNode? choice in position["top_logprobs"]!.AsArray())
            logs[choice!["id"]!.GetValue<int>()] = choice["logprob"]!.GetValue<double>();
        return logs;
    }

    public void Dispose()
    {
        client.Dispose();
        if (!process.HasExited)
            process.Kill();
        process.WaitForExit();
        process.Dispose();
    }

    private JsonNode Post(JsonObject request)
    {
        using HttpResponseMessage response = client.PostAsJsonAsync("/completion", request).GetAwaiter().GetResult();
        string body = response.Content.ReadAsStringAsync().GetAwaiter().GetResult();
        if (!response.IsSuccessStatusCode)
            throw new InvalidOperationException($"llama-server answered {(int)response.StatusCode}: {body}\n{log}");
        return JsonNode.Parse(body)!;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private void WaitUntilReady()
    {
        for (long start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(60); Thread.Sleep(50))
        {
            if (process.HasExited)
                throw new InvalidOperationException($"llama-server ended with {process.ExitCode}:\n{log}");
            try
            {
                using HttpResponseMessage response = client.GetAsync(new Uri("/health", UriKind.Relative)).GetAwaiter().GetResult();
                if (response.IsSuccessStatusCode)
                    return;
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }
        }

        throw new InvalidOperationException($"llama-server was not ready within a minute:\n{log}");
    }

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        lock (log)
            log.AppendLine(line.Data);
    }
}

/// <summary>A token that llama-server chose.</summary>
/// <param name="Token">Its id.</param>
/// <param name="LogProbability">Logarithm of its probability.</param>
/// <param name="Margin">How far that is above the second choice's.</param>
internal sealed record LlamaChoice(int Token, double LogProbability, double Margin);
