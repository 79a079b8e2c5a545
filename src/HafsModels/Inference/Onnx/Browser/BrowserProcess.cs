using System.Diagnostics;
using System.Globalization;

namespace HafsModels.Inference.Onnx.Browser;

/// <summary>A browser of the Chromium family without a window, with a profile of its own that is removed with it.</summary>
internal sealed class BrowserProcess : IDisposable
{
    /// <summary>Environment variable that names the browser.</summary>
    public const string Variable = "HAFS_BROWSER";

    private static readonly string[] Names = OperatingSystem.IsWindows() ? ["msedge.exe", "chrome.exe"] : ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge", "msedge"];

    private readonly string profile = Directory.CreateTempSubdirectory("hafs-browser-").FullName;
    private readonly Process process;
    private readonly Task<string> said;

    private BrowserProcess(string path, string address)
    {
        Path = path;
        var start = new ProcessStartInfo(path) { RedirectStandardError = true, RedirectStandardOutput = true, UseShellExecute = false };
        string[] arguments =
        [
            "--headless=new", $"--user-data-dir={profile}", "--remote-debugging-port=0", "--no-first-run", "--no-default-browser-check", "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--disable-extensions", "--window-size=1000,900", "--enable-unsafe-webgpu", .. OperatingSystem.IsLinux() && Environment.UserName == "root" ? (string[])["--no-sandbox"] : [], address,
        ];
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        try
        {
            process = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception error)
        {
            Directory.Delete(profile, recursive: true);
            throw new HafsException(ErrorKind.InvalidData, "BrowserNotStarted", $"{path}: could not be started: {error.Message}", path, inner: error);
        }

        _ = process.StandardOutput.ReadToEndAsync();
        said = process.StandardError.ReadToEndAsync();
    }

    /// <summary>Full path of the program.</summary>
    public string Path { get; }

    /// <summary>Ends when the browser does.</summary>
    public Task Exited => process.WaitForExitAsync();

    /// <summary>Starts a browser at an address.</summary>
    /// <param name="path">The program, or null to look for one.</param>
    /// <param name="address">What to open.</param>
    /// <exception cref="HafsException">There is none, or it does not start.</exception>
    public static BrowserProcess Start(string? path, string address) => new(Find(path), address);

    /// <summary>Port of its developer tools, once it is open; null when the browser did not open one.</summary>
    public int? DebuggingPort()
    {
        string file = System.IO.Path.Combine(profile, "DevToolsActivePort");
        return File.Exists(file) && int.TryParse(File.ReadLines(file).FirstOrDefault(), CultureInfo.InvariantCulture, out int port) ? port : null;
    }

    /// <summary>The end of what it said on its error stream, after it ended.</summary>
    public string LastWords()
    {
        string text = said.IsCompletedSuccessfully ? said.Result.Trim() : "";
        return text.Length > 400 ? text[^400..] : text;
    }

    /// <summary>Ends the browser and removes its profile.</summary>
    public void Dispose()
    {
        try
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit(5000);
        }
        catch (InvalidOperationException)
        {
            // It ended by itself.
        }

        process.Dispose();
        for (int attempt = 0; attempt < 20 && Directory.Exists(profile); attempt++)
        {
            try
            {
                Directory.Delete(profile, recursive: true);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // Its children still write.
                Thread.Sleep(100);
            }
        }
    }

    private static string Find(string? path)
    {
        path ??= Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } stated ? stated : null;
        if (path is not null)
            return File.Exists(path) ? System.IO.Path.GetFullPath(path) : throw NotFound($"{path}: there is no such browser", path);
        string[] folders =
        [
            .. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(System.IO.Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries),
            .. new[] { Environment.SpecialFolder.ProgramFilesX86, Environment.SpecialFolder.ProgramFiles, Environment.SpecialFolder.LocalApplicationData }.Select(Environment.GetFolderPath).Where(f => f.Length > 0)
                .SelectMany(f => new[] { System.IO.Path.Combine(f, "Microsoft", "Edge", "Application"), System.IO.Path.Combine(f, "Google", "Chrome", "Application") }),
        ];
        string[] bundles = ["/Applications/Google Chrome.app/Contents/MacOS/Google Chrome", "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge", "/Applications/Chromium.app/Contents/MacOS/Chromium"];
        return folders.SelectMany(f => Names.Select(n => System.IO.Path.Combine(f, n))).Concat(bundles).FirstOrDefault(File.Exists)
            ?? throw NotFound("no browser of the Chromium family is installed: neither Chromium nor Chrome nor Edge is on the PATH", null);
    }

    private static HafsException NotFound(string message, string? path) => new(ErrorKind.NotFound, "BrowserNotFound", message, path, $"{Variable} names one; or open the page test.html in the exported folder by hand.");
}
