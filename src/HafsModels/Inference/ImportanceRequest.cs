namespace HafsModels.Inference;

/// <summary>On what an importance matrix is measured, and where it goes.</summary>
public sealed record ImportanceRequest
{
    /// <summary>Registered model id, or null when <see cref="Path"/> names a folder or file directly.</summary>
    public string? ModelId { get; init; }

    /// <summary>Folder of a Hugging Face checkpoint, or a GGUF file; null to use the registered model's path.</summary>
    public string? Path { get; init; }

    /// <summary>Text file (UTF-8) the model is run over. What the model will be used for makes the best text.</summary>
    public required string TextPath { get; init; }

    /// <summary>File to write; null for <c>NAME.imatrix.gguf</c> beside the model.</summary>
    public string? OutputPath { get; init; }

    /// <summary>Tokens of a chunk; each chunk starts from an empty context. Lowered to the model's own context.</summary>
    public int ContextLength { get; init; } = 512;

    /// <summary>Most chunks of the text; 0 for all.</summary>
    public int ChunkCount { get; init; }

    /// <summary>Measure the output head as well.</summary>
    public bool IncludeOutput { get; init; }

    /// <summary>Threads to compute with; 0 for one a processor.</summary>
    public int Threads { get; init; }

    /// <summary>Replace an existing output.</summary>
    public bool Force { get; init; }

    /// <summary>Full path of the file to write for a model.</summary>
    /// <param name="source">Folder or GGUF file of the model.</param>
    /// <exception cref="HafsException">The file exists and was not to be replaced.</exception>
    internal string Output(string source)
    {
        source = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(source));
        string folder = Directory.Exists(source) ? source : System.IO.Path.GetDirectoryName(source)!;
        string name = ModelId ?? (Directory.Exists(source) ? System.IO.Path.GetFileName(source) : System.IO.Path.GetFileNameWithoutExtension(source));
        string path = System.IO.Path.GetFullPath(OutputPath ?? System.IO.Path.Combine(folder, name + ".imatrix.gguf"));
        return Force || !File.Exists(path) ? path : throw new HafsException(
            ErrorKind.AlreadyExists, "OutputExists", $"{path} exists already", path, "Pass -Force (--force) to replace it, or name another output.");
    }
}
