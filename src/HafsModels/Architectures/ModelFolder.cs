using HafsModels.Formats;

namespace HafsModels.Architectures;

/// <summary>
/// An open Hugging Face model folder: config, family, and every tensor by role. Opening reads headers only and checks that each tensor the
/// family needs is there with the right shape, and that none is left over.
/// </summary>
public sealed class ModelFolder : IDisposable
{
    private readonly Checkpoint checkpoint;

    private ModelFolder(string path, ModelConfig config, ModelFamily family, DecoderConfig decoder, Checkpoint checkpoint, bool textOnly)
    {
        this.checkpoint = checkpoint;
        Path = path;
        Config = config;
        Family = family;
        Decoder = decoder;
        Tensors = new FamilyTensors(family, config, decoder, checkpoint, path, textOnly).Match();
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
    public static ModelFolder Open(string path) => Open(path, textOnly: false);

    /// <summary>Opens a folder, or the text part of a model with towers for pictures or sound.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="textOnly">Whether such towers are left out instead of refused.</param>
    /// <exception cref="HafsException">A file is missing or invalid, the architecture is unknown, or tensors do not fit the family.</exception>
    public static ModelFolder Open(string path, bool textOnly)
    {
        path = System.IO.Path.GetFullPath(path);
        if (!Directory.Exists(path))
            throw new HafsException(ErrorKind.NotFound, "ModelFolderNotFound", $"{path}: there is no such folder", path);
        if (File.Exists(System.IO.Path.Combine(path, "model_index.json")))
            throw new HafsException(ErrorKind.Unsupported, "UnsupportedDiffusion", $"{path}: Unsupported: diffusion pipeline (model_index.json)", path);
        ModelConfig config = ModelConfig.Read(System.IO.Path.Combine(path, "config.json"));
        ModelFamily? text = textOnly ? ModelFamilies.TextOf(config) : null;
        ModelFamily family = text ?? ModelFamilies.For(config);
        if (text is not null)
            config = config.Section("text_config");
        DecoderConfig decoder = family.DecoderFromConfig(config);
        Checkpoint checkpoint = Checkpoint.OpenPath(path);
        try
        {
            return new ModelFolder(path, config, family, decoder, checkpoint, textOnly);
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    /// <summary>Closes the checkpoint.</summary>
    public void Dispose() => checkpoint.Dispose();
}
