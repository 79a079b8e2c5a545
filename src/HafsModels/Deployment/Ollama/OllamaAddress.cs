using System.Globalization;

namespace HafsModels.Deployment.Ollama;

/// <summary>Where Ollama listens, by its own rules for <c>OLLAMA_HOST</c>.</summary>
internal static class OllamaAddress
{
    /// <summary>The variable that names the host.</summary>
    public const string Variable = "OLLAMA_HOST";

    private const int DefaultPort = 11434;

    /// <summary>The address of what the variable holds: a host, a port or both, with or without a scheme; loopback where it says nothing.</summary>
    /// <exception cref="HafsException">It is no address.</exception>
    public static Uri Parse(string? host)
    {
        string text = (host ?? "").Trim().Trim('"', '\'');
        int scheme = text.IndexOf("://", StringComparison.Ordinal);
        (string name, string rest) = scheme < 0 ? ("http", text) : (text[..scheme], text[(scheme + 3)..]);
        int slash = rest.IndexOf('/', StringComparison.Ordinal);
        (string authority, string path) = slash < 0 ? (rest, "/") : (rest[..slash], rest[slash..]);
        int port = scheme < 0 ? DefaultPort : name == "https" ? 443 : 80;
        int colon = authority.EndsWith(']') ? -1 : authority.LastIndexOf(':');
        if (colon >= 0 && authority.IndexOf(':', StringComparison.Ordinal) == colon | authority.StartsWith('['))
        {
            if (authority[(colon + 1)..].Length > 0 && (!int.TryParse(authority[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out port) || port > ushort.MaxValue))
                throw Bad(host);
            authority = authority[..colon];
        }

        // To listen on all addresses is the server's business; a client asks this machine.
        authority = authority is "" or "0.0.0.0" or "[::]" ? "127.0.0.1" : authority;
        return Uri.TryCreate($"{name}://{authority}:{port.ToString(CultureInfo.InvariantCulture)}{path}", UriKind.Absolute, out Uri? address) && address.Scheme is "http" or "https" ? address : throw Bad(host);
    }

    private static HafsException Bad(string? host) => new(ErrorKind.InvalidArgument, "EndpointInvalid", $"{Variable} is {host}, which is no address", host, "Such as 127.0.0.1:11434 or https://models.example.org.");
}
