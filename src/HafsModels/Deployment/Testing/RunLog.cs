using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace HafsModels.Deployment.Testing;

/// <summary>One line for each test of a scheduled task: in a file, in the Windows event log, or, where that cannot be written, in a file all the same.</summary>
internal static class RunLog
{
    private const string Source = "HafsModels";

    /// <summary>What the event log takes of a text.</summary>
    private const int LongestEvent = 8000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Writes where the request wants it.</summary>
    /// <param name="request">The test.</param>
    /// <param name="verdict">PASS, FAIL or ERROR.</param>
    /// <param name="message">One sentence.</param>
    /// <param name="fallback">File for what the event log does not take, where the request names none.</param>
    /// <exception cref="HafsException">The file cannot be written.</exception>
    public static void Write(TestRequest request, string verdict, string message, string fallback)
    {
        string? path = request.LogPath;
        if (request.EventLog && !WriteEvent(verdict, message))
            path ??= fallback;
        if (path is not null)
            Append(path, verdict, message);
    }

    private static void Append(string path, string verdict, string message)
    {
        string line = $"{DateTimeOffset.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)} {verdict,-5} {message.ReplaceLineEndings(" ")}\n";
        try
        {
            path = Path.GetFullPath(path);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            using var file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
            file.Write(System.Text.Encoding.UTF8.GetBytes(line));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new HafsException(ErrorKind.PermissionDenied, "LogNotWritten", $"{path}: the log could not be written: {exception.Message}", path, inner: exception);
        }
    }

    // The system's own program: it needs the right to write there, and exists on Windows only.
    private static bool WriteEvent(string verdict, string message)
    {
        if (!OperatingSystem.IsWindows())
            return false;
        string text = message.Length > LongestEvent ? message[..LongestEvent] : message;
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(
                Path.Combine(Environment.SystemDirectory, "eventcreate.exe"),
                ["/L", "APPLICATION", "/SO", Source, "/ID", "1", "/T", verdict == "PASS" ? "INFORMATION" : "ERROR", "/D", $"{verdict} {text}"])
            {
                CreateNoWindow = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            return process.WaitForExit(Patience) && process.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }
}
