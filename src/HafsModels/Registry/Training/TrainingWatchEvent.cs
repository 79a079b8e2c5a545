namespace HafsModels.Registry.Training;

/// <summary>Something that happened to a watched run: exactly one of model, artifact and error is set.</summary>
public sealed record TrainingWatchEvent
{
    /// <summary>Folder of the run.</summary>
    public required string Folder { get; init; }

    /// <summary>The model it was registered as.</summary>
    public Model? Model { get; init; }

    /// <summary>The file it was converted to.</summary>
    public Artifact? Artifact { get; init; }

    /// <summary>Why it was not registered or converted; it is tried again when its files change.</summary>
    public HafsException? Error { get; init; }
}
