namespace HafsModels.Deployment.LlamaCpp;

/// <summary>Finds llama.cpp's server.</summary>
internal static class LlamaServerProgram
{
    /// <summary>The variable that names the program or its folder.</summary>
    public const string Variable = "LLAMA_SERVER";

    private static readonly string FileName = OperatingSystem.IsWindows() ? "llama-server.exe" : "llama-server";

    // Where a build puts its programs, below the folder somebody named.
    private static readonly string[] Below = ["", "bin", Path.Combine("build", "bin"), Path.Combine("build", "bin", "Release")];

    /// <summary>Finds it: what the caller named, else <c>LLAMA_SERVER</c>, else the folders of PATH, else the folder that is configured.</summary>
    /// <returns>Full path of the program.</returns>
    /// <exception cref="HafsException">It is nowhere; the message names every place.</exception>
    public static string Find(ServerOptions options)
    {
        if (options.Program is { } named)
            return In(named) ?? throw Missing(named, $"{named} is neither llama-server nor a folder that holds it");
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } set)
            return In(set) ?? throw Missing(set, $"{Variable} names {set}, which is neither llama-server nor a folder that holds it");
        string[] folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        string? found = folders.Select(folder => Path.Combine(folder, FileName)).FirstOrDefault(File.Exists) ?? (options.ConfiguredFolder is { } folder ? In(folder) : null);
        return found ?? throw Missing(
            FileName,
            $"llama-server is not on the PATH, {Variable} is not set, and {(options.ConfiguredFolder is { } configured ? $"llama_cpp_dir of sync.toml ({configured}) does not hold it" : "sync.toml names no llama_cpp_dir")}");
    }

    private static string? In(string path)
    {
        path = Path.GetFullPath(path);
        return File.Exists(path) ? path : Below.Select(folder => Path.Combine(path, folder, FileName)).FirstOrDefault(File.Exists);
    }

    private static HafsException Missing(string target, string message) => new(
        ErrorKind.NotFound, "LlamaServerNotFound", message, target, $"Install llama.cpp, or say where its server is: {Variable}, -Program (--program), or llama_cpp_dir under [deployment] in sync.toml. A server that runs already is used with -Endpoint (--endpoint).");
}
