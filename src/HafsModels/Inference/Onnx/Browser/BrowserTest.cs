using System.Globalization;
using System.Text.Json;
using HafsModels.Conversion.Onnx;

namespace HafsModels.Inference.Onnx.Browser;

/// <summary>Runs an export in a browser without a window: the page that lies in every export loads it with Transformers.js, continues a prompt and tells what it measured.</summary>
public static class BrowserTest
{
    private const string LibraryPrefix = "/transformers.js/", RuntimePrefix = "/onnxruntime/";

    private static readonly JsonSerializerOptions Names = new() { PropertyNameCaseInsensitive = true };

    /// <summary>Runs.</summary>
    /// <param name="request">What, and on what.</param>
    /// <param name="progress">Told what happens.</param>
    /// <param name="cancellationToken">Ends the browser.</param>
    /// <returns>What the page measured, for each type; a model that did not run is a result as well.</returns>
    /// <exception cref="HafsException">There is no browser or no export, or the browser did not answer in time.</exception>
    public static async Task<IReadOnlyList<BrowserResult>> RunAsync(BrowserRequest request, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        string folder = Path.GetFullPath(request.Folder);
        if (!File.Exists(Path.Combine(folder, "config.json")) || !Directory.Exists(Path.Combine(folder, "onnx")))
            throw new HafsException(ErrorKind.NotFound, "OnnxFolderNotFound", $"{folder}: holds no config.json and onnx/, which Transformers.js loads", folder, "ConvertTo-Onnx writes such a folder.");
        string types = string.Join(", ", request.DataTypes);
        TransformersJsLibrary? library = TransformersJsLibrary.Find(request.LibraryFolder);
        var answer = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        void Posted(string path, string text)
        {
            if (path == "result")
                answer.TrySetResult(text);
            else
                progress?.Report(new WorkProgress($"Running {types} on {request.Device}", "generating", 0, 0));
        }

        (string, string)[] folders = [.. library is null ? [] : ((string, string)[])[(LibraryPrefix, library.ScriptFolder), (RuntimePrefix, library.RuntimeFolder)], ("/", folder)];
        using var files = new LoopbackFiles(folders, OnnxTestPage.Bytes(), Posted);
        using BrowserProcess browser = BrowserProcess.Start(request.BrowserPath, files.Address + Query(request, library));
        progress?.Report(new WorkProgress($"Running {types} on {request.Device}", $"loading in {Path.GetFileNameWithoutExtension(browser.Path)}", 0, 0));
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(request.Timeout);
        try
        {
            Task exited = browser.Exited;
            if (await Task.WhenAny(answer.Task, exited).WaitAsync(limit.Token).ConfigureAwait(false) == exited && !answer.Task.IsCompleted)
                throw new HafsException(ErrorKind.InvalidData, "BrowserEnded", $"{browser.Path}: ended before the page did: {browser.LastWords()}", browser.Path);
            IReadOnlyList<BrowserResult> results = Read(await answer.Task.ConfigureAwait(false));
            if (request.ScreenshotPath is not { } picture || browser.DebuggingPort() is not { } port)
                return results;
            string saved = await SaveAsync(picture, await DevToolsPage.ScreenshotAsync(port, files.Address, limit.Token).ConfigureAwait(false), limit.Token).ConfigureAwait(false);
            return [.. results.Select(r => r with { ScreenshotPath = saved })];
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new HafsException(ErrorKind.Unavailable, "BrowserTimeout", $"{browser.Path}: the page did not finish within {request.Timeout.TotalSeconds:N0} s", browser.Path);
        }
    }

    private static string Query(BrowserRequest request, TransformersJsLibrary? library)
    {
        var values = new List<(string Name, string Value)>
        {
            ("auto", "1"), ("device", request.Device), ("dtype", string.Join(',', request.DataTypes)), ("count", request.MaxTokens.ToString(CultureInfo.InvariantCulture)), ("prompt", request.Prompt),
            ("name", Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(request.Folder)))),
        };
        if (library is not null)
            values.AddRange([("library", LibraryPrefix + TransformersJsLibrary.Script), ("wasm", RuntimePrefix)]);
        return "?" + string.Join('&', values.Select(v => $"{v.Name}={Uri.EscapeDataString(v.Value)}"));
    }

    private static BrowserResult[] Read(string json) =>
    [
        .. (JsonSerializer.Deserialize<PageResult[]>(json, Names) ?? []).Select(page => new BrowserResult
        {
            Device = page.Device ?? "",
            DataType = page.Dtype ?? "",
            Error = page.Error ?? "",
            Prompt = page.Prompt ?? "",
            PromptTokens = page.PromptTokens ?? [],
            Tokens = page.Tokens ?? [],
            Text = page.Text ?? "",
            LoadMilliseconds = page.LoadMilliseconds,
            FirstTokenMilliseconds = page.FirstTokenMilliseconds,
            TokensPerSecond = page.TokensPerSecond,
            MemoryBytes = (long?)page.MemoryBytes,
            LibraryVersion = page.LibraryVersion ?? "",
            RuntimeVersion = page.RuntimeVersion ?? "",
            Threads = page.Threads,
            Adapter = page.Adapter ?? "",
            HalfPrecision = page.HalfPrecision,
            UserAgent = page.UserAgent ?? "",
        }),
    ];

    private static async Task<string> SaveAsync(string path, byte[] picture, CancellationToken cancellationToken)
    {
        path = Path.GetFullPath(path);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await File.WriteAllBytesAsync(path, picture, cancellationToken).ConfigureAwait(false);
        return path;
    }

    /// <summary>What the page posts.</summary>
    private sealed record PageResult
    {
        public string? Device { get; init; }

        public string? Dtype { get; init; }

        public string? Error { get; init; }

        public string? Prompt { get; init; }

        public int[]? PromptTokens { get; init; }

        public int[]? Tokens { get; init; }

        public string? Text { get; init; }

        public double? LoadMilliseconds { get; init; }

        public double? FirstTokenMilliseconds { get; init; }

        public double? TokensPerSecond { get; init; }

        public double? MemoryBytes { get; init; }

        public string? LibraryVersion { get; init; }

        public string? RuntimeVersion { get; init; }

        public int? Threads { get; init; }

        public string? Adapter { get; init; }

        public bool HalfPrecision { get; init; }

        public string? UserAgent { get; init; }
    }
}
