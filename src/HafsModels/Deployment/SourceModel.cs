using HafsModels.Formats.Gguf;
using HafsModels.Inference;
using HafsModels.Registry;
using HafsModels.Tokenizers;

namespace HafsModels.Deployment;

/// <summary>A source checkpoint, running: what every copy of it is compared with.</summary>
internal sealed class SourceModel : IDisposable
{
    // Enough text for two full windows of context and a stable mean; more would only make large models wait.
    private const int MaxTokens = 8192;
    private const int PromptTokens = 8;
    private const int GeneratedTokens = 24;

    private SourceModel(Decoder decoder, Tokenizer tokenizer)
    {
        Decoder = decoder;
        Tokenizer = tokenizer;
    }

    /// <summary>The checkpoint.</summary>
    public Decoder Decoder { get; }

    /// <summary>Its tokenizer.</summary>
    public Tokenizer Tokenizer { get; }

    /// <summary>Opens a checkpoint folder or a GGUF file and reads its weights into memory.</summary>
    public static SourceModel Open(string path, CancellationToken cancellationToken)
    {
        return new SourceModel(Decoder.Open(path, 0, cancellationToken), OpenTokenizer(path));
    }

    /// <summary>Runs both on the same tokens.</summary>
    /// <param name="result">What was made of the source.</param>
    /// <param name="text">Text to compare on; null for the built-in one.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public Fidelity Compare(Decoder result, string? text, CancellationToken cancellationToken)
    {
        int[] tokens = [.. Tokenizer.Encode(text ?? EvaluationText.BuiltIn).Take(MaxTokens)];
        ReadOnlyMemory<int> prompt = tokens.AsMemory(0, Math.Min(PromptTokens, tokens.Length));
        return FidelityMeasurement.Compare(Decoder, result, tokens, prompt, GeneratedTokens, ids => Tokenizer.Decode([.. ids]), cancellationToken);
    }

    /// <summary>Ends the decoder.</summary>
    public void Dispose() => Decoder.Dispose();

    private static Tokenizer OpenTokenizer(string path)
    {
        if (Directory.Exists(path))
            return Tokenizer.Load(path);
        using GgufFile file = GgufFile.Open(path);
        return Tokenizer.FromVocabulary(Vocabulary.FromGguf(key => file.Find(key)?.Value, path), path);
    }
}
