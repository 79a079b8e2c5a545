using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using HafsModels.Registry;

namespace HafsModels.Deployment.LlamaCpp;

/// <summary>A llama-server of our own on loopback: started, waited for, and known again.</summary>
internal static class LlamaServerProcess
{
    private const int Attempts = 3;
    private const int LogLines = 12;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    /// <summary>Starts one and waits until it has loaded the model.</summary>
    /// <exception cref="HafsException">It is not there, ended, or took too long; the message has the last lines of its log.</exception>
    public static async Task<(DeploymentServer Server, Uri Endpoint)> StartAsync(PublishJob job, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        string program = LlamaServerProgram.Find(job.Server);
        string log = job.Server.LogPath ?? job.Artifact.Path + ".server.log";
        for (int attempt = 1; ; attempt++)
        {
            int port = job.Server.Port > 0 ? job.Server.Port : FreePort();
            string[] arguments =
            [
                "-m", job.Artifact.Path, "--host", "127.0.0.1", "--port", port.ToString(CultureInfo.InvariantCulture), "--alias", job.Name,
                .. job.Server.ContextLength > 0 ? (string[])["-c", job.Server.ContextLength.ToString(CultureInfo.InvariantCulture)] : [],
                .. OperatingSystem.IsWindows() ? (string[])["--log-file", log] : [],
                .. job.Server.Arguments,
            ];
            try
            {
                return await StartAsync(program, arguments, log, job.Artifact.Path, job.Server.StartTimeout, progress, cancellationToken).ConfigureAwait(false);
            }
            catch (HafsException exception) when (attempt < Attempts && job.Server.Port == 0 && exception.Message.Contains("bind", StringComparison.Ordinal))
            {
                // Somebody took the port between finding it free and listening on it.
            }
        }
    }

    /// <summary>Starts a program with arguments that were recorded.</summary>
    public static async Task<(DeploymentServer Server, Uri Endpoint)> StartAsync(
        string program, IReadOnlyList<string> arguments, string log, string model, TimeSpan? timeout, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        var endpoint = new Uri($"http://127.0.0.1:{arguments[PortIndex(arguments)]}/");
        TimeSpan wait = timeout ?? TimeSpan.FromMinutes(2 + (new FileInfo(model).Length / 1e10));
        DeploymentServer server = DetachedProcess.Start(program, arguments, log);
        try
        {
            progress?.Report(new WorkProgress($"Starting llama-server for {Path.GetFileName(model)}", $"waiting until the model is loaded; log: {log}", 0, 0));
            await WaitAsync(server, endpoint, model, wait, cancellationToken).ConfigureAwait(false);
            return (server, endpoint);
        }
        catch
        {
            await DetachedProcess.StopAsync(server, CancellationToken.None).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The arguments with another port, where that of before was taken meanwhile.</summary>
    public static IReadOnlyList<string> OnFreePort(IReadOnlyList<string> arguments)
    {
        int at = PortIndex(arguments);
        return IsFree(int.Parse(arguments[at], CultureInfo.InvariantCulture)) ? arguments : [.. arguments.Take(at), FreePort().ToString(CultureInfo.InvariantCulture), .. arguments.Skip(at + 1)];
    }

    /// <summary>The last lines of a log.</summary>
    public static string Tail(string log)
    {
        try
        {
            using FileStream stream = new(log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            stream.Seek(-Math.Min(stream.Length, 8192), SeekOrigin.End);
            using var reader = new StreamReader(stream);
            string[] lines = reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            return string.Join(Environment.NewLine, lines.TakeLast(LogLines));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return $"(no log: {exception.Message})";
        }
    }

    private static int PortIndex(IReadOnlyList<string> arguments)
    {
        int at = arguments.ToList().IndexOf("--port") + 1;
        return at > 0 && at < arguments.Count ? at : throw new HafsException(ErrorKind.InvalidData, "ServerRecordDamaged", "the recorded arguments of the server name no port", hint: "Publish the model again.");
    }

    private static async Task WaitAsync(DeploymentServer server, Uri endpoint, string model, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var client = new BackendClient("llama-server", endpoint, null, Patience);
        DateTime end = DateTime.UtcNow + timeout;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!DetachedProcess.IsAlive(server))
            {
                throw new HafsException(
                    ErrorKind.Unavailable, "ServerEnded", $"llama-server ended while it loaded {model}; the end of {server.LogPath}:{Environment.NewLine}{Tail(server.LogPath)}", model, "The file may be damaged, of a kind this llama.cpp does not know, or larger than memory.");
            }

            if (await IsHealthyAsync(client, cancellationToken).ConfigureAwait(false))
                break;
            if (DateTime.UtcNow > end)
            {
                throw new HafsException(
                    ErrorKind.Unavailable, "ServerNotReady", $"llama-server did not load {model} within {timeout.TotalSeconds:0} s; the end of {server.LogPath}:{Environment.NewLine}{Tail(server.LogPath)}", model, "Give it longer: -StartTimeout (--start-timeout).");
            }

            await Task.Delay(50, cancellationToken).ConfigureAwait(false);
        }

        // Healthy, but is it ours? Another program may have had the port first.
        JsonNode properties = await client.GetAsync("props", cancellationToken).ConfigureAwait(false);
        if ((string?)properties["model_path"] is { } serves && serves != model)
            throw new HafsException(ErrorKind.Conflict, "PortTaken", $"{endpoint} answers, but serves {serves}", endpoint.ToString(), "Another server has the port: choose another.");
    }

    private static async Task<bool> IsHealthyAsync(BackendClient client, CancellationToken cancellationToken)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "health");
            using HttpResponseMessage response = await client.SendAsync(request, TimeSpan.FromSeconds(5), cancellationToken).ConfigureAwait(false);
            return response.IsSuccessStatusCode;
        }
        catch (HafsException exception) when (exception.Kind == ErrorKind.Unavailable)
        {
            return false;
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
