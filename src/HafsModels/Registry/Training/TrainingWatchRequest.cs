namespace HafsModels.Registry.Training;

/// <summary>Which folder to watch for training runs that end, and what to do with them.</summary>
public sealed record TrainingWatchRequest
{
    /// <summary>Folder of runs, down to four levels, or of one run.</summary>
    public required string Folder { get; init; }

    /// <summary>What the records say beyond the runs' own files; path and id are the runs' own.</summary>
    public RegisterRequest Record { get; init; } = new() { Path = "" };

    /// <summary>Quantizations to convert each run to once it is registered, as <c>Q4_K_M</c>; those a run was converted to already are passed over.</summary>
    public IReadOnlyList<string> ConvertTo { get; init; } = [];

    /// <summary>How long no file of a run may have changed.</summary>
    public TimeSpan Quiet { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often to look where the file system tells nothing.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Treat the runs that are there, and end.</summary>
    public bool Once { get; init; }
}
