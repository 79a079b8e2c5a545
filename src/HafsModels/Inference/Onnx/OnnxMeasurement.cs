using System.Diagnostics;
using HafsModels.Architectures;
using HafsModels.Inference.Kernels;

namespace HafsModels.Inference.Onnx;

/// <summary>The proof of an ONNX export: source and result are run on the same tokens, the one by the embedded decoder, the other by ONNX Runtime.</summary>
public static class OnnxMeasurement
{
    // A window; the real runtime takes seconds to load a large model, so one shows more than speed would.
    private const int DefaultTokens = 256;
    private const int PromptWords = 5;

    /// <summary>Runs source and result.</summary>
    /// <param name="library">ONNX Runtime.</param>
    /// <param name="source">What the graph was made of.</param>
    /// <param name="path">The graph.</param>
    /// <param name="provider">A name in <see cref="OnnxProvider.All"/>.</param>
    /// <param name="options">On what, and how much.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="HafsException">One cannot be run, or gives logits that are not numbers.</exception>
    public static OnnxVerification Measure(OnnxRuntimeLibrary library, ModelSource source, string path, string provider, FidelityOptions options, CancellationToken cancellationToken)
    {
        using TextGenerator original = TextGenerator.Open(source, options.Threads, cancellationToken);
        return Measure(library, original, path, provider, options, cancellationToken);
    }

    /// <summary>Runs source and result.</summary>
    /// <param name="library">ONNX Runtime.</param>
    /// <param name="source">What the graph was made of.</param>
    /// <param name="path">The graph.</param>
    /// <param name="provider">A name in <see cref="OnnxProvider.All"/>.</param>
    /// <param name="options">On what, and how much.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="HafsException">The graph cannot be run, or gives logits that are not numbers.</exception>
    public static OnnxVerification Measure(OnnxRuntimeLibrary library, TextGenerator source, string path, string provider, FidelityOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(options);
        string text = options.Text ?? EvaluationText.Read();
        int[] tokens = source.Tokenizer.Encode(text), prompt = source.Tokenizer.Encode(options.Prompt ?? string.Join(' ', text.Split(' ', PromptWords + 1).Take(PromptWords)));
        int count = Math.Min(tokens.Length, Math.Min(options.MaxTokens > 0 ? options.MaxTokens : DefaultTokens, source.Decoder.Config.ContextLength - 1) + 1) - 1;
        if (count < 1)
            throw new HafsException(ErrorKind.InvalidArgument, "EvaluationTextTooShort", $"the evaluation text has {tokens.Length} tokens; at least 2 are needed to predict one");
        using OnnxDecoder result = OnnxDecoder.Open(library, path, provider, options.Threads);
        int vocabulary = source.Decoder.Config.VocabularySize;
        float[] expected = new float[count * vocabulary], found;
        source.Decoder.NewSession().Append(tokens.AsSpan(0, count), expected, cancellationToken);
        using (OnnxSession session = result.NewSession())
            found = session.Append(tokens.AsSpan(0, count), cancellationToken);
        if (found.Length != expected.Length)
            throw new HafsException(ErrorKind.InvalidData, "VocabulariesDiffer", $"{path}: gives {found.Length / count:N0} logits for a token; {vocabulary:N0} are needed", path);
        (double sourceLoss, double resultLoss, double divergence, double largest, int same) = (0, 0, 0, 0, 0);
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<float> ours = expected.AsSpan(i * vocabulary, vocabulary), theirs = found.AsSpan(i * vocabulary, vocabulary);
            LogitComparison comparison = LogitComparison.Of(ours, theirs, tokens[i + 1]);
            if (!double.IsFinite(comparison.ResultLoss))
            {
                throw new HafsException(
                    ErrorKind.InvalidData, "NonFiniteLogits", $"{path}: gives logits that are not finite numbers at token {i:N0}", path, "In half precision activations overflow where a model was trained in bfloat16: q4 or fp32 hold them.");
            }

            sourceLoss += comparison.SourceLoss;
            resultLoss += comparison.ResultLoss;
            divergence += comparison.Divergence;
            same += comparison.SameFirst ? 1 : 0;
            for (int v = 0; v < vocabulary; v++)
                largest = Math.Max(largest, Math.Abs(ours[v] - theirs[v]));
        }

        Generation fromSource = source.Decoder.Generate(prompt, new GenerationOptions { MaxTokens = options.GeneratedTokens, StopTokens = source.StopTokens }, null, cancellationToken);
        (List<int> generated, double speed) = Generate(result, prompt, options.GeneratedTokens, source.StopTokens, cancellationToken);
        return new OnnxVerification
        {
            Path = path,
            RuntimeVersion = library.Version,
            Provider = OnnxProvider.Get(provider).Name,
            LargestLogitDifference = largest,
            SameTokens = fromSource.Tokens.Zip(generated).TakeWhile(pair => pair.First == pair.Second).Count(),
            GeneratedTokens = generated.Count,
            Fidelity = new Fidelity
            {
                Tokens = count,
                Top1Agreement = (double)same / count,
                MeanKlDivergence = divergence / count,
                SourcePerplexity = Math.Exp(sourceLoss / count),
                ResultPerplexity = Math.Exp(resultLoss / count),
                SourceText = source.Decode(prompt, fromSource.Tokens),
                ResultText = source.Decode(prompt, generated),
                SourceTokensPerSecond = fromSource.TokensPerSecond,
                ResultTokensPerSecond = speed,
            },
        };
    }

    /// <summary>Continues tokens greedily.</summary>
    /// <returns>The tokens, and how many of them a second after the first.</returns>
    internal static (List<int> Tokens, double TokensPerSecond) Generate(OnnxDecoder decoder, ReadOnlySpan<int> prompt, int maxTokens, IReadOnlyCollection<int> stopTokens, CancellationToken cancellationToken)
    {
        using OnnxSession session = decoder.NewSession();
        float[] logits = session.Append(prompt, cancellationToken);
        int vocabulary = logits.Length / prompt.Length;
        var tokens = new List<int>();
        long began = Stopwatch.GetTimestamp();
        while (tokens.Count < maxTokens)
        {
            int token = VectorMath.IndexOfMax(logits.AsSpan(logits.Length - vocabulary));
            if (stopTokens.Contains(token))
                break;
            tokens.Add(token);
            if (tokens.Count < maxTokens)
                logits = session.Append([token], cancellationToken);
        }

        return (tokens, tokens.Count < 2 ? 0 : (tokens.Count - 1) / Stopwatch.GetElapsedTime(began).TotalSeconds);
    }
}
