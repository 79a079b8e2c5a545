using HafsModels.Formats;
using HafsModels.Formats.Peft;

namespace HafsModels.Architectures;

/// <summary>
/// An open Hugging Face model folder: config, family, and every tensor by role. Opening reads headers only and checks that each tensor the
/// family needs is there with the right shape, and that none is left over.
/// </summary>
public sealed class ModelFolder : IDisposable
{
    private readonly Checkpoint checkpoint;

    private ModelFolder(ModelSource source, ModelConfig config, ModelFamily family, DecoderConfig decoder, Checkpoint checkpoint)
    {
        this.checkpoint = checkpoint;
        Source = source;
        Config = config;
        Family = family;
        Decoder = decoder;
        Tensors = new FamilyTensors(family, config, decoder, checkpoint, source.Path, source.TextOnly).Match();
    }

    /// <summary>What was opened, with full paths.</summary>
    public ModelSource Source { get; }

    /// <summary>Full path of the folder.</summary>
    public string Path => Source.Path;

    /// <summary>Its config.json; with an adapter, as the merged model needs it.</summary>
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

    /// <summary>Its weights under their own names; with an adapter, merged.</summary>
    internal Checkpoint Checkpoint => checkpoint;

    /// <summary>Opens a folder.</summary>
    /// <exception cref="HafsException">A file is missing or invalid, the architecture is unknown, or tensors do not fit the family.</exception>
    public static ModelFolder Open(string path) => Open(new ModelSource(path));

    /// <summary>Opens a folder, or the text part of a model with towers for pictures or sound.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="textOnly">Whether such towers are left out instead of refused.</param>
    /// <exception cref="HafsException">A file is missing or invalid, the architecture is unknown, or tensors do not fit the family.</exception>
    public static ModelFolder Open(string path, bool textOnly) => Open(new ModelSource(path) { TextOnly = textOnly });

    /// <summary>Opens a folder, with an adapter merged into it as it is read.</summary>
    /// <exception cref="HafsException">A file is missing or invalid, the architecture is unknown, tensors do not fit the family, or the adapter does not fit the model.</exception>
    public static ModelFolder Open(ModelSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        string path = System.IO.Path.GetFullPath(source.Path);
        source = source with { Path = path, AdapterPath = source.AdapterPath is null ? null : System.IO.Path.GetFullPath(source.AdapterPath) };
        if (!Directory.Exists(path))
            throw new HafsException(ErrorKind.NotFound, "ModelFolderNotFound", $"{path}: there is no such folder", path);
        if (File.Exists(System.IO.Path.Combine(path, "model_index.json")))
            throw new HafsException(ErrorKind.Unsupported, "UnsupportedDiffusion", $"{path}: Unsupported: diffusion pipeline (model_index.json)", path);
        ModelConfig config = ModelConfig.Read(System.IO.Path.Combine(path, "config.json"));
        ModelFamily? text = source.TextOnly ? ModelFamilies.TextOf(config) : null;
        ModelFamily family = text ?? ModelFamilies.For(config);
        if (text is not null)
            config = config.Section("text_config");
        DecoderConfig decoder = family.DecoderFromConfig(config);
        Checkpoint checkpoint = Checkpoint.OpenPath(path);
        try
        {
            if (source.AdapterPath is { } adapter)
                (config, decoder, checkpoint) = Merge(config, family, decoder, checkpoint, path, adapter);
            return new ModelFolder(source, config, family, decoder, checkpoint);
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    /// <summary>Closes the checkpoint.</summary>
    public void Dispose() => checkpoint.Dispose();

    private static (ModelConfig Config, DecoderConfig Decoder, Checkpoint Checkpoint) Merge(ModelConfig config, ModelFamily family, DecoderConfig decoder, Checkpoint weights, string path, string adapterPath)
    {
        string NameOf(string role) => family.Data.Tensors.FirstOrDefault(t => t.Role == role)?.Name ?? role;
        PeftAdapter adapter = PeftAdapter.Open(adapterPath);
        try
        {
            var merged = new MergedCheckpoint(weights, path, adapter, new EmbeddingTying(NameOf("token_embd.weight"), NameOf("output.weight"), decoder.TiedEmbeddings));
            if (merged.VocabularySize is { } rows)
                config = config.With("vocab_size", rows);
            if (merged.IsUntied)
                config = config.With("tie_word_embeddings", false);
            decoder = family.DecoderFromConfig(config);
            return merged.IsUntied && decoder.TiedEmbeddings
                ? throw new HafsException(ErrorKind.Unsupported, "AdapterUnties", $"{adapterPath} changes embedding or head alone, which are one tensor in every model of the family {family.Name}", adapterPath)
                : (config, decoder, merged);
        }
        catch
        {
            adapter.Dispose();
            throw;
        }
    }
}
