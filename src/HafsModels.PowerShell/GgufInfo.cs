using System.Collections.Specialized;
using HafsModels.Formats.Gguf;

namespace HafsModels.PowerShell;

/// <summary>A GGUF file as <c>Get-GgufInfo</c> returns it.</summary>
public sealed record GgufInfo
{
    /// <summary>Full path of the file.</summary>
    public required string Path { get; init; }

    /// <summary>Version of the format.</summary>
    public required uint Version { get; init; }

    /// <summary>Family of the model: <c>general.architecture</c>.</summary>
    public required string Architecture { get; init; }

    /// <summary>Name of the model: <c>general.name</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Where the file says it comes from: author, license, description, base models, data sets, tags, languages, hashes of its source, and the training run (Experiment).</summary>
    public required GgufOrigin Origin { get; init; }

    /// <summary>Size of the file in bytes.</summary>
    public required long SizeBytes { get; init; }

    /// <summary>Elements over all tensors.</summary>
    public required long ParameterCount { get; init; }

    /// <summary>Storage cost over all tensors, bits per weight.</summary>
    public required double BitsPerWeight { get; init; }

    /// <summary>Every tensor begins at a multiple of this many bytes.</summary>
    public required int Alignment { get; init; }

    /// <summary>Metadata by key, in the order of the file; numbers, text and arrays as they are.</summary>
    public required OrderedDictionary Metadata { get; init; }

    /// <summary>The tensors, in the order of the file.</summary>
    public required IReadOnlyList<GgufTensor> Tensors { get; init; }

    internal static GgufInfo Of(GgufFile file)
    {
        var metadata = new OrderedDictionary();
        foreach ((string key, GgufValue value) in file.Metadata)
            metadata.Add(key, value.Value);
        long elements = file.Tensors.Sum(t => t.Shape.ElementCount);
        return new GgufInfo
        {
            Path = file.Path,
            Version = file.Version,
            Architecture = file.Find("general.architecture")?.Value as string ?? "",
            Name = file.Find("general.name")?.Value as string ?? "",
            Origin = GgufOrigin.Of(file.Metadata),
            SizeBytes = file.FileBytes,
            ParameterCount = elements,
            BitsPerWeight = elements == 0 ? 0 : 8.0 * file.Tensors.Sum(t => (double)t.ByteSize) / elements,
            Alignment = file.Alignment,
            Metadata = metadata,
            Tensors = file.Tensors,
        };
    }
}
