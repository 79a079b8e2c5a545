namespace HafsModels.Transfer;

/// <summary>What to move where.</summary>
public sealed record TransferRequest
{
    /// <summary>Id of a registered model.</summary>
    public required string ModelId { get; init; }

    /// <summary>
    /// The other machine: a <c>[hosts.NAME]</c> of <c>sync.toml</c>, a location of the record, or a host that ssh knows, with <c>:PATH</c> after it where the
    /// registry's path is not meant. Null, for receiving only: the record's primary location.
    /// </summary>
    public string? Host { get; init; }

    /// <summary>Receiving: folder to write here; one that is there takes the model inside it, unless it is a model's. Null for the folder of models, with the id.</summary>
    public string? Destination { get; init; }

    /// <summary>Name under which the copy is recorded in the model's locations; null for this machine's, or the host's.</summary>
    public string? Location { get; init; }
}
