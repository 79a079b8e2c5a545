using HafsModels.Tensors;

namespace HafsModels.Formats.Peft;

/// <summary>
/// An open adapter that PEFT saved: factors of modules, and tensors that replace the base model's. Opening reads headers only, and checks that
/// factors come in pairs of the rank and for the modules that its settings state.
/// </summary>
internal sealed class PeftAdapter : IDisposable
{
    private static readonly string[] WeightFiles = ["adapter_model.safetensors", "adapter_model.bin"];

    private readonly Checkpoint checkpoint;

    private PeftAdapter(string path, PeftConfig config, Checkpoint checkpoint)
    {
        this.checkpoint = checkpoint;
        Path = path;
        Config = config;
        var pairs = new Dictionary<string, (TensorInfo? A, TensorInfo? B, bool IsEmbedding)>(StringComparer.Ordinal);
        var replacements = new List<(string Name, TensorInfo Tensor, TensorRows Rows)>();
        var replaced = new HashSet<string>(StringComparer.Ordinal);
        foreach (TensorInfo tensor in checkpoint.Tensors)
        {
            PeftTensorName name = PeftTensorName.Parse(tensor.Name, path);
            if (name.Factor.Length == 0)
            {
                if (!replaced.Add(name.Module))
                    throw Invalid("AdapterTensorTwice", $"{tensor.Name} replaces {name.Module}, which another tensor replaces already");
                replacements.Add((name.Module, tensor, checkpoint.Open(tensor.Name)));
                continue;
            }

            pairs.TryGetValue(name.Module, out (TensorInfo? A, TensorInfo? B, bool IsEmbedding) pair);
            if ((name.Factor == "A" ? pair.A : pair.B) is not null || (pair != default && pair.IsEmbedding != name.IsEmbedding))
                throw Invalid("AdapterTensorTwice", $"{name.Module} has a second factor {name.Factor}: {tensor.Name}");
            pairs[name.Module] = name.Factor == "A" ? (tensor, pair.B, name.IsEmbedding) : (pair.A, tensor, name.IsEmbedding);
        }

        Factors = [.. pairs.Select(p => Pair(p.Key, p.Value.A, p.Value.B, p.Value.IsEmbedding))];
        Replacements = replacements;
        if (checkpoint.Tensors.Count == 0)
            throw Invalid("AdapterEmpty", "the adapter holds no tensors");
    }

    /// <summary>Full path of the folder.</summary>
    public string Path { get; }

    /// <summary>Full paths of the files that hold its tensors.</summary>
    public IReadOnlyList<string> Files => checkpoint.Files;

    /// <summary>Its settings.</summary>
    public PeftConfig Config { get; }

    /// <summary>What is added to modules.</summary>
    public IReadOnlyList<PeftFactors> Factors { get; }

    /// <summary>What replaces tensors of the base model, by their names there.</summary>
    public IReadOnlyList<(string Name, TensorInfo Tensor, TensorRows Rows)> Replacements { get; }

    /// <summary>Whether a folder holds an adapter and no model of its own.</summary>
    public static bool IsAdapterFolder(string path) =>
        File.Exists(System.IO.Path.Combine(path, PeftConfig.FileName)) && !File.Exists(System.IO.Path.Combine(path, "config.json"));

    /// <summary>Opens the folder of an adapter.</summary>
    /// <exception cref="HafsException">A file is missing or invalid, or the adapter is of a kind that cannot be merged.</exception>
    public static PeftAdapter Open(string path)
    {
        path = System.IO.Path.GetFullPath(path);
        if (!Directory.Exists(path))
            throw new HafsException(ErrorKind.NotFound, "AdapterNotFound", $"{path}: there is no such folder", path);
        if (!File.Exists(System.IO.Path.Combine(path, PeftConfig.FileName)))
            throw new HafsException(ErrorKind.NotFound, "AdapterConfigMissing", $"{path}: {PeftConfig.FileName} is not there; it says what the adapter is", path);
        PeftConfig config = PeftConfig.Read(path);
        string file = Array.Find(WeightFiles, f => File.Exists(System.IO.Path.Combine(path, f)))
            ?? throw new HafsException(ErrorKind.NotFound, "AdapterWeightsMissing", $"{path}: no weights; looked for {string.Join(", ", WeightFiles)}", path);
        Checkpoint checkpoint = Checkpoint.OpenPath(System.IO.Path.Combine(path, file));
        try
        {
            return new PeftAdapter(path, config, checkpoint);
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    /// <summary>Closes the files.</summary>
    public void Dispose() => checkpoint.Dispose();

    private PeftFactors Pair(string module, TensorInfo? a, TensorInfo? b, bool isEmbedding)
    {
        if (a is null || b is null)
            throw Invalid("AdapterFactorMissing", $"{module} has {(a ?? b)!.Name}, but no factor {(a is null ? "A" : "B")}");
        if (Config.Targets.IsStated && !Config.Targets.Include(module))
            throw Invalid("AdapterTargets", $"{a.Name} belongs to a module that target_modules in {PeftConfig.FileName} does not name");
        int rank = Config.RankOf(module);
        if (a.Shape.Count != 2 || b.Shape.Count != 2)
            throw new HafsException(ErrorKind.Unsupported, "AdapterKind", $"{Path}: Unsupported adapter: {module} has factors {b.Shape} and {a.Shape}; matrices alone are merged", Path);
        if (a.Shape[0] != rank || b.Shape[1] != rank)
            throw Invalid("AdapterRank", $"{module} has factors B {b.Shape} and A {a.Shape}, but {PeftConfig.FileName} makes its rank {rank}");
        if (a.Shape.ElementCount > Array.MaxLength || b.Shape.ElementCount > Array.MaxLength)
            throw new HafsException(ErrorKind.Unsupported, "AdapterKind", $"{Path}: Unsupported adapter: {module} has factors of more than {Array.MaxLength:N0} elements", Path);
        return new PeftFactors(module, checkpoint.Open(a.Name), checkpoint.Open(b.Name), (float)Config.ScaleOf(module), isEmbedding);
    }

    private HafsException Invalid(string id, string message) => new(ErrorKind.InvalidData, id, $"{Path}: {message}", Path);
}
