namespace HafsModels.Conversion;

/// <summary>Which adapter to write as a GGUF adapter, and how.</summary>
public sealed record AdapterConvertRequest
{
    /// <summary>Format of the artifact, by which it is told from a model.</summary>
    public const string Format = "gguf-adapter";

    /// <summary>Types in which the factors can be stored.</summary>
    public static IReadOnlyList<string> DataTypes { get; } = ["F32", "F16", "BF16", "Q8_0"];

    /// <summary>Registered adapter, or null when <see cref="Path"/> names its folder.</summary>
    public string? ModelId { get; init; }

    /// <summary>Folder of the adapter; null to use the registered one's.</summary>
    public string? Path { get; init; }

    /// <summary>Folder of the base model; null to find it by what the adapter says.</summary>
    public string? BasePath { get; init; }

    /// <summary>Type of the factors: one of <see cref="DataTypes"/>, any case.</summary>
    public string DataType { get; init; } = "F32";

    /// <summary>Output file, or a folder; null for <c>NAME-TYPE-adapter.gguf</c> inside the adapter's folder.</summary>
    public string? OutputPath { get; init; }

    /// <summary>Worker threads; 0 for one a processor.</summary>
    public int Threads { get; init; }

    /// <summary>Replace an existing output.</summary>
    public bool Force { get; init; }
}
