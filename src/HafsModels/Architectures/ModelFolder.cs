using HafsModels.Formats;
using HafsModels.Tensors;

namespace HafsModels.Architectures;

/// <summary>
/// An open Hugging Face model folder: config, family, and every tensor by role. Opening reads headers only and checks that each tensor the
/// family needs is there with the right shape, and that none is left over.
/// </summary>
public sealed class ModelFolder : IDisposable
{
    private readonly Checkpoint checkpoint;

    private ModelFolder(string path, ModelConfig config, ModelFamily family, DecoderConfig decoder, Checkpoint checkpoint)
    {
        this.checkpoint = checkpoint;
        Path = path;
        Config = config;
        Family = family;
        Decoder = decoder;
        Tensors = MatchTensors();
    }

    /// <summary>Full path of the folder.</summary>
    public string Path { get; }

    /// <summary>Its config.json.</summary>
    public ModelConfig Config { get; }

    /// <summary>Its family.</summary>
    public ModelFamily Family { get; }

    /// <summary>Sizes and traits; q and k rows as Hugging Face lays them out.</summary>
    public DecoderConfig Decoder { get; }

    /// <summary>Every tensor, in the order of the checkpoint.</summary>
    public IReadOnlyList<ModelTensor> Tensors { get; }

    /// <summary>Elements over all tensors of the checkpoint.</summary>
    public long ParameterCount => Tensors.Where(t => t.SourceBytes > 0).Sum(t => t.Rows.Shape.ElementCount);

    /// <summary>Bytes of weights in the checkpoint.</summary>
    public long SourceBytes => Tensors.Sum(t => t.SourceBytes);

    /// <summary>Opens a folder.</summary>
    /// <exception cref="HafsException">A file is missing or invalid, the architecture is unknown, or tensors do not fit the family.</exception>
    public static ModelFolder Open(string path)
    {
        path = System.IO.Path.GetFullPath(path);
        if (!Directory.Exists(path))
            throw new HafsException(ErrorKind.NotFound, "ModelFolderNotFound", $"{path}: there is no such folder", path);
        ModelConfig config = ModelConfig.Read(System.IO.Path.Combine(path, "config.json"));
        ModelFamily family = ModelFamilies.For(config);
        DecoderConfig decoder = family.DecoderFromConfig(config);
        Checkpoint checkpoint = Checkpoint.OpenPath(path);
        try
        {
            return new ModelFolder(path, config, family, decoder, checkpoint);
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    /// <summary>Closes the checkpoint.</summary>
    public void Dispose() => checkpoint.Dispose();

    private List<ModelTensor> MatchTensors()
    {
        var rules = new Dictionary<string, (string Role, FamilyData.TensorRule Rule)>(StringComparer.Ordinal);
        foreach (FamilyData.TensorRule rule in Family.Data.Tensors)
        {
            int count = rule.Role.Contains("{i}", StringComparison.Ordinal) ? Decoder.LayerCount : 1;
            for (int i = 0; i < count; i++)
                rules.Add(ModelFamily.At(rule.Name, i), (ModelFamily.At(rule.Role, i), rule));
        }

        var tensors = new List<ModelTensor>(checkpoint.Tensors.Count);
        var unknown = new List<string>();
        HashSet<string> ignored = [.. Family.Data.Ignored.SelectMany(n => Enumerable.Range(0, Decoder.LayerCount).Select(i => ModelFamily.At(n, i)))];
        foreach (TensorInfo tensor in checkpoint.Tensors)
        {
            if (rules.Remove(tensor.Name, out (string Role, FamilyData.TensorRule Rule) match))
            {
                // A tied checkpoint may carry its head as well; the embedding is what counts.
                if (!(match.Rule.AbsentWhenTied && Decoder.TiedEmbeddings))
                    tensors.Add(new ModelTensor(match.Role, tensor.Type, checkpoint.Open(tensor.Name), match.Rule.Transform));
            }
            else if (!ignored.Contains(tensor.Name))
            {
                unknown.Add(tensor.Name);
            }
        }

        string[] missing = [.. rules.Where(r => !(r.Value.Rule.AbsentWhenTied && Decoder.TiedEmbeddings)).Select(r => r.Key)];
        if (missing.Length > 0 || unknown.Count > 0)
        {
            throw new HafsException(
                ErrorKind.InvalidData,
                missing.Length > 0 ? "TensorsMissing" : "TensorsUnknown",
                $"{Path}: the weights do not fit the family {Family.Name} with {Decoder.LayerCount} blocks: missing {Some(missing)}; not known {Some(unknown)}",
                Path,
                missing.Length > 0 ? "The checkpoint is incomplete, or config.json belongs to another model." : "Dropping a tensor would change what the model answers.");
        }

        if (RopeFrequencies.FactorsOf(Config, Decoder) is { } factors)
            tensors.Add(new ModelTensor("rope_freqs.weight", ElementType.F32, new ComputedRows(factors), null));
        tensors.ForEach(RequireShape);
        return tensors;
    }

    private void RequireShape(ModelTensor tensor)
    {
        Shape? expected = TensorShapes.Of(tensor.Role, Decoder);
        if (expected is not null && !expected.Equals(tensor.Rows.Shape))
        {
            throw new HafsException(
                ErrorKind.InvalidData,
                "TensorShape",
                $"{Path}: {tensor.Role} has shape {tensor.Rows.Shape}, but config.json makes it {expected}",
                Path,
                tensor.Role == "token_embd.weight" ? "The vocabulary was resized without updating vocab_size in config.json, or the other way round." : null);
        }
    }

    private static string Some(IReadOnlyCollection<string> names) => names.Count == 0
        ? "none"
        : string.Join(", ", names.Take(5)) + (names.Count > 5 ? $" and {names.Count - 5} more" : "");
}
