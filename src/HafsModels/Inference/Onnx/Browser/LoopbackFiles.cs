using System.Net;
using System.Net.Sockets;

namespace HafsModels.Inference.Onnx.Browser;

/// <summary>Hands files to a browser on this machine while a test runs, and takes what its page posts. Only named folders, only over loopback.</summary>
internal sealed class LoopbackFiles : IDisposable
{
    private const int Attempts = 5, MaxPostBytes = 16 << 20;

    private static readonly Dictionary<string, string> Types = new(StringComparer.OrdinalIgnoreCase)
    {
        [".html"] = "text/html; charset=utf-8",
        [".js"] = "text/javascript",
        [".mjs"] = "text/javascript",
        [".json"] = "application/json",
        [".wasm"] = "application/wasm",
    };

    private readonly HttpListener listener;
    private readonly IReadOnlyList<(string Prefix, string Folder)> folders;
    private readonly byte[] page;
    private readonly Action<string, string> onPost;

    /// <summary>Begins to listen.</summary>
    /// <param name="folders">Folders by the beginning of their addresses, longest first.</param>
    /// <param name="page">What stands at the root.</param>
    /// <param name="onPost">Takes path and text of what is posted.</param>
    public LoopbackFiles(IReadOnlyList<(string Prefix, string Folder)> folders, byte[] page, Action<string, string> onPost)
    {
        this.folders = folders;
        this.page = page;
        this.onPost = onPost;
        (listener, Address) = Listen();
        _ = Task.Run(ServeAsync);
    }

    /// <summary>Address of the root.</summary>
    public string Address { get; }

    /// <inheritdoc/>
    public void Dispose() => listener.Close();

    private static (HttpListener Listener, string Address) Listen()
    {
        for (int attempt = 1; ; attempt++)
        {
            int port;
            using (var probe = new TcpListener(IPAddress.Loopback, 0))
            {
                probe.Start();
                port = ((IPEndPoint)probe.LocalEndpoint).Port;
            }

            string address = $"http://127.0.0.1:{port}/";
            var listener = new HttpListener { Prefixes = { address } };
            try
            {
                listener.Start();
                return (listener, address);
            }
            catch (HttpListenerException) when (attempt < Attempts)
            {
                // Another program took the port in between.
                listener.Close();
            }
        }
    }

    private async Task ServeAsync()
    {
        while (listener.IsListening)
        {
            HttpListenerContext context;
            try
            {
                context = await listener.GetContextAsync().ConfigureAwait(false);
            }
            catch (Exception error) when (error is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            _ = Task.Run(() => AnswerAsync(context));
        }
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        HttpListenerResponse response = context.Response;
        try
        {
            // Together they let WASM use several threads.
            response.AddHeader("Cross-Origin-Opener-Policy", "same-origin");
            response.AddHeader("Cross-Origin-Embedder-Policy", "require-corp");
            response.AddHeader("Cross-Origin-Resource-Policy", "cross-origin");
            string path = Uri.UnescapeDataString(context.Request.Url!.AbsolutePath);
            if (context.Request.HttpMethod == "POST")
                await TakeAsync(path, context.Request, response).ConfigureAwait(false);
            else if (path == "/")
                await SendAsync(new MemoryStream(page), ".html", context.Request, response).ConfigureAwait(false);
            else if (FileOf(path) is { } file)
                await SendAsync(new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.Asynchronous | FileOptions.SequentialScan), Path.GetExtension(file), context.Request, response).ConfigureAwait(false);
            else
                response.StatusCode = 404;
            response.Close();
        }
        catch (Exception error) when (error is HttpListenerException or IOException or ObjectDisposedException or UnauthorizedAccessException)
        {
            // The browser went away, or the file may not be read; the page says what it lacks.
            response.Abort();
        }
    }

    private async Task TakeAsync(string path, HttpListenerRequest request, HttpListenerResponse response)
    {
        if (request.ContentLength64 is < 0 or > MaxPostBytes)
        {
            response.StatusCode = 413;
            return;
        }

        using var reader = new StreamReader(request.InputStream);
        onPost(path.TrimStart('/'), await reader.ReadToEndAsync().ConfigureAwait(false));
        response.StatusCode = 204;
    }

    private static async Task SendAsync(Stream content, string extension, HttpListenerRequest request, HttpListenerResponse response)
    {
        await using (content.ConfigureAwait(false))
        {
            response.ContentType = Types.GetValueOrDefault(extension, "application/octet-stream");
            response.ContentLength64 = content.Length;
            if (request.HttpMethod != "HEAD")
                await content.CopyToAsync(response.OutputStream, 1 << 20).ConfigureAwait(false);
        }
    }

    private string? FileOf(string path)
    {
        foreach ((string prefix, string folder) in folders)
        {
            if (!path.StartsWith(prefix, StringComparison.Ordinal))
                continue;
            string root = Path.GetFullPath(folder) + Path.DirectorySeparatorChar, file = Path.GetFullPath(Path.Combine(root, path[prefix.Length..].TrimStart('/')));
            return file.StartsWith(root, StringComparison.Ordinal) && File.Exists(file) ? file : null;
        }

        return null;
    }
}
