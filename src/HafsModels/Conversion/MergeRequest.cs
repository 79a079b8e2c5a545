using HafsModels.Tensors;

namespace HafsModels.Conversion;

/// <summary>Which adapter to merge into which model, and where the merged checkpoint goes.</summary>
public sealed record MergeRequest
{
    /// <summary>Most bytes of tensors in one weight file, unless the request says otherwise: 5 GB, as Hugging Face's writers have it.</summary>
    public const long DefaultShardBytes = 5_000_000_000;

    /// <summary>Registered model: the base, or an adapter whose base model is at hand; null when <see cref="Path"/> names a folder.</summary>
    public string? ModelId { get; init; }

    /// <summary>Folder of the base model or of an adapter; null to use the registered model's.</summary>
    public string? Path { get; init; }

    /// <summary>Folder of the adapter, or the id of a registered one; null when the model is an adapter itself.</summary>
    public string? Adapter { get; init; }

    /// <summary>Folder to write the merged checkpoint to.</summary>
    public required string OutputPath { get; init; }

    /// <summary>Id under which the merged model is registered; null for the folder's name when <see cref="ModelId"/> is given, and for none when it is not.</summary>
    public string? NewId { get; init; }

    /// <summary>Type of the weights; null to store each as the base model does.</summary>
    public ElementType? DataType { get; init; }

    /// <summary>Most bytes of tensors in one weight file.</summary>
    public long MaxShardBytes { get; init; } = DefaultShardBytes;

    /// <summary>Worker threads; 0 for one a processor.</summary>
    public int Threads { get; init; }

    /// <summary>Replace a checkpoint that exists in the folder, and a record that has the id.</summary>
    public bool Force { get; init; }
}
