namespace HafsModels.Registry;

/// <summary>What to register. Everything but the path is read from the folder's own files unless given.</summary>
public sealed record RegisterRequest
{
    /// <summary>Folder of the checkpoint (or adapter), or a GGUF file.</summary>
    public required string Path { get; init; }

    /// <summary>Id; null for the folder's name.</summary>
    public string? Id { get; init; }

    /// <summary>Name for people; null for the id.</summary>
    public string? DisplayName { get; init; }

    /// <summary>Base model; null to read it from config.json, adapter_config.json or the training arguments.</summary>
    public string? BaseModel { get; init; }

    /// <summary>Role; null for <c>general</c>.</summary>
    public string? Role { get; init; }

    /// <summary>Group, or null.</summary>
    public string? Group { get; init; }

    /// <summary>Version label, or null.</summary>
    public string? Version { get; init; }

    /// <summary>Location name; null for this machine's (windows or mac, else cloud).</summary>
    public string? Location { get; init; }

    /// <summary>Labels.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>Free text, or null.</summary>
    public string? Notes { get; init; }

    /// <summary>Replace the record of an id that is registered already.</summary>
    public bool Force { get; init; }
}
