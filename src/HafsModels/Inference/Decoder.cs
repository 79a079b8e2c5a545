using HafsModels.Architectures;
using HafsModels.Formats.ImportanceMatrices;

namespace HafsModels.Inference;

/// <summary>
/// A decoder-only transformer on the CPU. The weights lie in memory in the type their file stores and are widened as they are multiplied, so
/// memory is the size of the weights; sums are kept in float. Results do not depend on the number of threads.
/// </summary>
public sealed class Decoder : IDisposable
{
    private readonly WeightArena arena = new();
    private readonly DecoderModel model;
    private readonly WorkerTeam team;
    private readonly bool ownsTeam = true;

    /// <summary>Reads all weights into memory.</summary>
    /// <param name="source">Where they come from; disposed here.</param>
    /// <param name="threads">Threads to compute with; 0 for one a processor.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    internal Decoder(DecoderWeights source, int threads, CancellationToken cancellationToken)
    {
        try
        {
            Path = source.Name;
            model = DecoderModel.Load(source, arena, cancellationToken);
            team = new WorkerTeam(threads);
        }
        catch
        {
            arena.Dispose();
            throw;
        }
        finally
        {
            source.Dispose();
        }
    }

    private Decoder(Decoder basis, Func<WeightMatrix, WeightArena, WeightMatrix> replace)
    {
        Path = basis.Path;
        team = basis.team;
        ownsTeam = false;
        model = basis.model.Map(matrix => replace(matrix, arena));
    }

    /// <summary>Opens a model and reads all its weights into memory.</summary>
    /// <param name="path">A GGUF file, or the folder of a Hugging Face checkpoint.</param>
    /// <param name="threads">Threads to compute with; 0 for one a processor.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="HafsException">There is nothing there, a file breaks the rules of its format, or the model is of a kind that is not decoded here.</exception>
    public static Decoder Open(string path, int threads, CancellationToken cancellationToken) => Open(new ModelSource(path), threads, cancellationToken);

    /// <summary>Opens a model, perhaps with an adapter, and reads all its weights into memory.</summary>
    /// <param name="source">What to open.</param>
    /// <param name="threads">Threads to compute with; 0 for one a processor.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="HafsException">There is nothing there, a file breaks the rules of its format, or the model is of a kind that is not decoded here.</exception>
    public static Decoder Open(ModelSource source, int threads, CancellationToken cancellationToken) => new(DecoderSources.Open(source), threads, cancellationToken);

    /// <summary>File or folder the weights came from.</summary>
    public string Path { get; }

    /// <summary>Sizes and traits.</summary>
    public DecoderConfig Config => model.Config;

    /// <summary>Threads that compute.</summary>
    public int Threads => team.Threads;

    /// <summary>Numbers in the matrices that every token is multiplied with.</summary>
    public long ParameterCount => model.Blocks.Sum(block => block.ParametersPerToken(Config.ExpertUsedCount)) + model.Head.ElementCount;

    /// <summary>Memory of the weights, bytes.</summary>
    public long WeightBytes => arena.AllocatedBytes;

    /// <summary>Begins an empty run of tokens.</summary>
    public DecoderSession NewSession() => new(this, model, team);

    /// <summary>Begins an empty run of tokens whose activations are summed.</summary>
    internal DecoderSession NewSession(ActivationCollector collector) => new(this, model, team, collector);

    /// <summary>What a collector summed, by role; with or without the head.</summary>
    internal IReadOnlyDictionary<string, ActivationSums> SumsOf(ActivationCollector collector, bool withHead) => collector.Sums(model, withHead);

    /// <summary>Logits for the token after <paramref name="tokens"/>, from an empty context.</summary>
    /// <exception cref="HafsException">A token is not in the vocabulary, or there are more than the context holds.</exception>
    public float[] Logits(ReadOnlySpan<int> tokens, CancellationToken cancellationToken) => NewSession().Append(tokens, cancellationToken);

    /// <summary>Continues tokens, from an empty context.</summary>
    /// <param name="prompt">Token ids; at least one.</param>
    /// <param name="options">How long, and how.</param>
    /// <param name="onToken">Called with each token as it is chosen, or null.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="HafsException">A token is not in the vocabulary, the prompt is empty or longer than the context, or an option is out of range.</exception>
    public Generation Generate(ReadOnlySpan<int> prompt, GenerationOptions options, Action<int>? onToken, CancellationToken cancellationToken) =>
        TokenGenerator.Run(NewSession(), prompt, options, onToken, cancellationToken);

    /// <summary>Ends the threads and frees the weights once no session computes any more.</summary>
    public void Dispose()
    {
        if (ownsTeam)
            team.Dispose();
        arena.Dispose();
    }

    /// <summary>The threads.</summary>
    internal WorkerTeam Team => team;

    /// <summary>
    /// A decoder that shares threads and weights with this one but for some matrices. This one must outlive it, and both cannot compute at once.
    /// </summary>
    /// <param name="replace">Takes a matrix and the arena for new weights; gives the same matrix to keep it.</param>
    internal Decoder With(Func<WeightMatrix, WeightArena, WeightMatrix> replace) => new(this, replace);

    internal WeightLease Lease() => new(arena);
}
