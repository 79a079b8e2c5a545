using HafsModels.Architectures;
using HafsModels.Formats.Gguf;
using HafsModels.Tokenizers;

namespace HafsModels.Inference;

/// <summary>A decoder with its tokenizer: text in, text out. Any number of threads may use one; they take turns at the processor.</summary>
public sealed class TextGenerator : IDisposable
{
    private TextGenerator(Decoder decoder, Vocabulary vocabulary, Tokenizer tokenizer)
    {
        Decoder = decoder;
        Vocabulary = vocabulary;
        Tokenizer = tokenizer;
        StopTokens = Inference.StopTokens.Of(vocabulary);
    }

    /// <summary>The model.</summary>
    public Decoder Decoder { get; }

    /// <summary>Its tokens, special ids and chat template.</summary>
    public Vocabulary Vocabulary { get; }

    /// <summary>Its tokenizer.</summary>
    public Tokenizer Tokenizer { get; }

    /// <summary>Tokens that end a text or a turn by the model's own account.</summary>
    public IReadOnlyCollection<int> StopTokens { get; }

    /// <summary>Opens a model and reads all its weights into memory.</summary>
    /// <param name="path">A GGUF file, or the folder of a Hugging Face checkpoint.</param>
    /// <param name="threads">Threads to compute with; 0 for one a processor.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="HafsException">There is nothing there, a file breaks the rules of its format, or model or tokenizer are of a kind that is not known here.</exception>
    public static TextGenerator Open(string path, int threads, CancellationToken cancellationToken) => Open(new ModelSource(path), threads, cancellationToken);

    /// <summary>Opens a model, perhaps with an adapter, and reads all its weights into memory.</summary>
    /// <param name="source">What to open.</param>
    /// <param name="threads">Threads to compute with; 0 for one a processor.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="HafsException">There is nothing there, a file breaks the rules of its format, or model or tokenizer are of a kind that is not known here.</exception>
    public static TextGenerator Open(ModelSource source, int threads, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);

        // The tokenizer first: it fails fast, the weights take time.
        (Vocabulary vocabulary, Tokenizer tokenizer) = OpenTokenizer(source);
        return new TextGenerator(Decoder.Open(source, threads, cancellationToken), vocabulary, tokenizer);
    }

    /// <summary>Continues a text.</summary>
    /// <param name="prompt">The text; the tokens that begin a text are added where the model wants them, and special tokens may be spelled out.</param>
    /// <param name="options">How long, and how; the model's <see cref="StopTokens"/> end the text in any case.</param>
    /// <param name="onText">Called with each piece of text as it is complete, or null.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="HafsException">The prompt is empty or longer than the context, or an option is out of range.</exception>
    public TextGeneration Generate(string prompt, GenerationOptions options, Action<string>? onText, CancellationToken cancellationToken)
    {
        int[] tokens = Tokenizer.Encode(prompt);
        StreamingText stream = Continue(tokens);
        var text = new System.Text.StringBuilder();
        Generation generation = Decoder.Generate(
            tokens,
            options with { StopTokens = [.. options.StopTokens, .. StopTokens] },
            token => Emit(stream.Append(token)),
            cancellationToken);
        Emit(stream.Flush());
        return new TextGeneration(prompt, text.ToString(), generation.Tokens, generation.StopReason, generation.FirstTokenMilliseconds, generation.TokensPerSecond);

        void Emit(string piece)
        {
            if (piece.Length == 0)
                return;
            text.Append(piece);
            onText?.Invoke(piece);
        }
    }

    /// <summary>Text of tokens that continue others.</summary>
    internal string Decode(ReadOnlySpan<int> prompt, IReadOnlyList<int> tokens)
    {
        StreamingText stream = Continue(prompt);
        return string.Concat(tokens.Select(stream.Append)) + stream.Flush();
    }

    /// <summary>Frees the model.</summary>
    public void Dispose() => Decoder.Dispose();

    /// <summary>Opens a model's tokenizer alone.</summary>
    internal static (Vocabulary Vocabulary, Tokenizer Tokenizer) OpenTokenizer(ModelSource source)
    {
        if (source.AdapterPath is not null)
        {
            using ModelFolder merged = ModelFolder.Open(source);
            return (Vocabulary.Load(source.TokenizerPath, config: merged.Config.Json), Tokenizer.Load(source.TokenizerPath));
        }

        if (Directory.Exists(source.Path))
            return (Vocabulary.Load(source.Path), Tokenizer.Load(source.Path));
        using GgufFile file = GgufFile.Open(source.Path);
        Vocabulary vocabulary = Vocabulary.FromGguf(key => file.Find(key)?.Value, file.Path);
        return (vocabulary, Tokenizer.FromVocabulary(vocabulary, file.Path));
    }

    /// <summary>A text stream that stands after the prompt: some tokenizers treat the first token of a text differently.</summary>
    private StreamingText Continue(ReadOnlySpan<int> prompt)
    {
        StreamingText stream = Tokenizer.Stream();
        foreach (int token in prompt)
            stream.Append(token);
        return stream;
    }
}
