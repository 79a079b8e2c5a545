namespace HafsModels.Deployment;

/// <summary>How a server program is started.</summary>
public sealed record ServerOptions
{
    /// <summary>Program or the folder that holds it; null to look for it.</summary>
    public string? Program { get; init; }

    /// <summary>Folder to look in after the environment and PATH (<c>llama_cpp_dir</c> of <c>sync.toml</c>), or null.</summary>
    public string? ConfiguredFolder { get; init; }

    /// <summary>Port on loopback; 0 for a free one.</summary>
    public int Port { get; init; }

    /// <summary>Context in tokens; 0 for the model's own.</summary>
    public int ContextLength { get; init; }

    /// <summary>Further arguments, passed on as they are.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>File its output is appended to; null for one beside the model's file.</summary>
    public string? LogPath { get; init; }

    /// <summary>How long it may take to load the model; null for two minutes and one more for each 10 GB.</summary>
    public TimeSpan? StartTimeout { get; init; }
}
