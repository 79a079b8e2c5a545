namespace HafsModels.Inference.Onnx;

/// <summary>A decoder-only ONNX model in ONNX Runtime, with the names that Transformers.js feeds. One thread at a time.</summary>
public sealed class OnnxDecoder : IDisposable
{
    private readonly OrtSession session;

    private OnnxDecoder(OrtSession session, string path)
    {
        this.session = session;
        Path = path;
    }

    /// <summary>Full path of the graph.</summary>
    public string Path { get; }

    /// <summary>Loads a model.</summary>
    /// <param name="library">ONNX Runtime.</param>
    /// <param name="path">The graph; external data lies beside it.</param>
    /// <param name="provider">A name in <see cref="OnnxProvider.All"/>.</param>
    /// <param name="threads">Threads to compute with; 0 for as many as ONNX Runtime takes.</param>
    /// <exception cref="HafsException">There is no such file, it is no such model, or the library refuses it.</exception>
    public static OnnxDecoder Open(OnnxRuntimeLibrary library, string path, string provider = "Cpu", int threads = 0)
    {
        ArgumentNullException.ThrowIfNull(library);
        path = System.IO.Path.GetFullPath(path);
        if (!File.Exists(path))
            throw new HafsException(ErrorKind.NotFound, "OnnxModelNotFound", $"{path}: there is no such file", path);
        var session = new OrtSession(library, path, OnnxProvider.Get(provider), threads);
        string? problem = session.Inputs.Select(Problem).FirstOrDefault(p => p is not null) ?? (session.Outputs.Contains("logits") ? null : "it has no output logits");
        if (problem is null)
            return new OnnxDecoder(session, path);
        session.Dispose();
        throw new HafsException(ErrorKind.Unsupported, "OnnxNoDecoder", $"{path}: is no decoder with caches: {problem}", path);
    }

    /// <summary>Begins an empty run of tokens.</summary>
    public OnnxSession NewSession() => new(session);

    /// <summary>Unloads the model.</summary>
    public void Dispose() => session.Dispose();

    private static string? Problem((string Name, OrtElementType Type, long[] Shape) input) => input switch
    {
        { Name: "input_ids" or "attention_mask" or "position_ids", Type: OrtElementType.Int64 } => null,
        { Name: "input_ids" or "attention_mask" or "position_ids" } => $"input {input.Name} is of type {(int)input.Type}, not of 64-bit integers",
        { Shape: [_, > 0, _, > 0] } when input.Name.StartsWith(OnnxSession.Past, StringComparison.Ordinal) => null,
        _ when input.Name.StartsWith(OnnxSession.Past, StringComparison.Ordinal) => $"input {input.Name} does not say how many heads and elements a cache has",
        _ => $"input {input.Name} is not known",
    };
}
