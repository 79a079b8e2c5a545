using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace HafsModels.Inference.Onnx.Browser;

/// <summary>The developer tools of a page (Chrome DevTools Protocol), as far as a picture needs them.</summary>
internal static class DevToolsPage
{
    private const int BufferBytes = 1 << 16, MaxBytes = 64 << 20;

    /// <summary>Takes a picture of the page at an address.</summary>
    /// <param name="port">Port of the browser's developer tools.</param>
    /// <param name="address">What the page's address begins with.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <returns>A PNG.</returns>
    /// <exception cref="HafsException">The browser has no such page, or makes no picture.</exception>
    public static async Task<byte[]> ScreenshotAsync(int port, string address, CancellationToken cancellationToken)
    {
        try
        {
            return await PictureAsync(port, address, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (error is HttpRequestException or WebSocketException or JsonException)
        {
            throw NoPicture(error.Message);
        }
    }

    private static async Task<byte[]> PictureAsync(int port, string address, CancellationToken cancellationToken)
    {
        using var http = new HttpClient();
        using JsonDocument targets = JsonDocument.Parse(await http.GetStringAsync(new Uri($"http://127.0.0.1:{port}/json"), cancellationToken).ConfigureAwait(false));
        string? socketAddress = targets.RootElement.EnumerateArray()
            .FirstOrDefault(t => t.GetProperty("type").GetString() == "page" && t.GetProperty("url").GetString()!.StartsWith(address, StringComparison.Ordinal)) is { ValueKind: JsonValueKind.Object } target
            ? target.GetProperty("webSocketDebuggerUrl").GetString()
            : null;
        if (socketAddress is null)
            throw NoPicture("the page is gone");
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri(socketAddress), cancellationToken).ConfigureAwait(false);
        byte[] request = JsonSerializer.SerializeToUtf8Bytes(new { id = 1, method = "Page.captureScreenshot", @params = new { format = "png", captureBeyondViewport = true } });
        await socket.SendAsync(request, WebSocketMessageType.Text, true, cancellationToken).ConfigureAwait(false);
        JsonNode? answer;
        do
            answer = JsonNode.Parse(await ReceiveAsync(socket, cancellationToken).ConfigureAwait(false));
        while (answer?["id"]?.GetValue<int>() != 1);
        return Convert.FromBase64String(answer["result"]?["data"]?.GetValue<string>() ?? throw NoPicture(answer.ToJsonString()));
    }

    private static async Task<byte[]> ReceiveAsync(ClientWebSocket socket, CancellationToken cancellationToken)
    {
        using var message = new MemoryStream();
        byte[] buffer = new byte[BufferBytes];
        WebSocketReceiveResult part;
        do
        {
            part = await socket.ReceiveAsync(buffer, cancellationToken).ConfigureAwait(false);
            message.Write(buffer, 0, part.Count);
            if (part.MessageType == WebSocketMessageType.Close || message.Length > MaxBytes)
                throw NoPicture("the connection to its developer tools ended");
        }
        while (!part.EndOfMessage);
        return message.ToArray();
    }

    private static HafsException NoPicture(string why) => new(ErrorKind.InvalidData, "NoScreenshot", $"the browser made no picture: {why}");
}
