using HafsModels.Transfer.Remote;

namespace HafsModels.Transfer;

/// <summary>What a transfer will do, as far as it shows without asking the other machine.</summary>
public sealed record TransferPlan
{
    /// <summary>The model.</summary>
    public required string ModelId { get; init; }

    /// <summary>Where it comes from.</summary>
    public required string From { get; init; }

    /// <summary>Where it goes to.</summary>
    public required string To { get; init; }

    /// <summary>Name the copy has in the model's locations.</summary>
    public required string Location { get; init; }

    /// <summary><c>mount</c> or <c>ssh</c>.</summary>
    public required string Method { get; init; }

    /// <summary>Whether it comes to this machine.</summary>
    public required bool IsReceived { get; init; }

    internal IModelFiles Source { get; init; } = new LocalFiles();

    internal IModelFiles Target { get; init; } = new LocalFiles();

    /// <summary>The path to record: what the copy is called on the machine it lies on, where that is another name than <see cref="To"/>.</summary>
    internal string? RecordedPath { get; init; }
}
