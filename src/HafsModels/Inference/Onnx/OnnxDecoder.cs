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
        string[] unknown = [.. session.Inputs.Select(i => i.Name).Where(name => name is not ("input_ids" or "attention_mask" or "position_ids") && !name.StartsWith(OnnxSession.Past, StringComparison.Ordinal))];
        if (unknown.Length == 0 && session.Outputs.Contains("logits"))
            return new OnnxDecoder(session, path);
        session.Dispose();
        throw new HafsException(ErrorKind.Unsupported, "OnnxNoDecoder", $"{path}: is no decoder with caches: {(unknown.Length > 0 ? "input " + unknown[0] + " is not known" : "it has no output logits")}", path);
    }

    /// <summary>Begins an empty run of tokens.</summary>
    public OnnxSession NewSession() => new(session);

    /// <summary>Unloads the model.</summary>
    public void Dispose() => session.Dispose();
}
