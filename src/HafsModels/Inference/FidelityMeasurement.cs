using HafsModels.Architectures;

namespace HafsModels.Inference;

/// <summary>The proof: source and result are run on the same tokens, and their answers are compared.</summary>
public static class FidelityMeasurement
{
    /// <summary>Predicted tokens of a window; each window starts from an empty context.</summary>
    public const int WindowTokens = 256;

    /// <summary>Most tokens that are compared unless more are asked for.</summary>
    internal const int MaxTokens = 1536;
    private const int MinTokens = 256;
    private const int PromptWords = 5;

    // Multiplications that both models together may take: minutes on one slow core.
    private const double Budget = 2e12;

    /// <summary>Opens source and result and compares them.</summary>
    /// <param name="sourcePath">A GGUF file, or the folder of a Hugging Face checkpoint.</param>
    /// <param name="resultPath">The same, made from the source.</param>
    /// <param name="options">On what, and how much.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="HafsException">One cannot be run, their tokens differ, or one gives logits that are not numbers.</exception>
    public static Fidelity Measure(string sourcePath, string resultPath, FidelityOptions options, CancellationToken cancellationToken) =>
        Measure(new ModelSource(sourcePath), resultPath, options, cancellationToken);

    /// <summary>Opens source, perhaps a base model with an adapter, and result, and compares them.</summary>
    /// <param name="source">The original.</param>
    /// <param name="resultPath">A GGUF file, or the folder of a Hugging Face checkpoint, made from it.</param>
    /// <param name="options">On what, and how much.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="HafsException">One cannot be run, their tokens differ, or one gives logits that are not numbers.</exception>
    public static Fidelity Measure(ModelSource source, string resultPath, FidelityOptions options, CancellationToken cancellationToken)
    {
        using TextGenerator original = TextGenerator.Open(source, options.Threads, cancellationToken);
        using TextGenerator result = TextGenerator.Open(resultPath, options.Threads, cancellationToken);
        return Measure(original, result, options, cancellationToken);
    }

    /// <summary>Compares source and result.</summary>
    /// <param name="source">The original.</param>
    /// <param name="result">What was made of it.</param>
    /// <param name="options">On what, and how much.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="HafsException">Their tokens differ, or one gives logits that are not numbers.</exception>
    public static Fidelity Measure(TextGenerator source, TextGenerator result, FidelityOptions options, CancellationToken cancellationToken)
    {
        string text = options.Text ?? EvaluationText.Read();
        int[] tokens = Encode(source, result, text);
        int[] prompt = Encode(source, result, options.Prompt ?? string.Join(' ', text.Split(' ', PromptWords + 1).Take(PromptWords)));
        int affordable = (int)Math.Clamp(Budget / (source.Decoder.ParameterCount + (double)result.Decoder.ParameterCount), MinTokens, MaxTokens);
        int length = Math.Min(tokens.Length, (options.MaxTokens > 0 ? options.MaxTokens : affordable) + 1);
        return Compare(source.Decoder, result.Decoder, tokens.AsMemory(0, length), prompt, options.GeneratedTokens, source.StopTokens, generated => source.Decode(prompt, generated), cancellationToken);
    }

    /// <summary>Compares two decoders on tokens. Memory does not grow with the number of tokens.</summary>
    /// <param name="source">The original.</param>
    /// <param name="result">What was made of it.</param>
    /// <param name="tokens">Token ids of a text; at least two.</param>
    /// <param name="prompt">Tokens that both continue greedily, for the speeds; empty for none.</param>
    /// <param name="maxTokens">Tokens to generate after <paramref name="prompt"/>.</param>
    /// <param name="stopTokens">Tokens that end the continuation.</param>
    /// <param name="decode">Turns generated tokens into text.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="HafsException">The vocabularies differ in size, a token is not in them, or a model gives logits that are not numbers.</exception>
    public static Fidelity Compare(
        Decoder source,
        Decoder result,
        ReadOnlyMemory<int> tokens,
        ReadOnlyMemory<int> prompt,
        int maxTokens,
        IReadOnlyCollection<int> stopTokens,
        Func<IReadOnlyList<int>, string> decode,
        CancellationToken cancellationToken)
    {
        CheckSameVocabulary(source, result);
        if (tokens.Length < 2)
            throw new HafsException(ErrorKind.InvalidArgument, "EvaluationTextTooShort", $"the evaluation text has {tokens.Length} tokens; at least 2 are needed to predict one");
        double sourceLoss = 0, resultLoss = 0, divergence = 0;
        int same = 0;
        new TextWindows(WindowTokens).Run([source, result], tokens, (targets, logits) =>
        {
            var found = new LogitComparison[targets.Length];
            int vocabulary = source.Config.VocabularySize;
            source.Team.Run(found.Length, 1, (first, end) =>
            {
                for (int i = first; i < end; i++)
                    found[i] = LogitComparison.Of(logits[0].Span.Slice(i * vocabulary, vocabulary), logits[1].Span.Slice(i * vocabulary, vocabulary), targets.Span[i]);
            });
            foreach (LogitComparison comparison in found)
            {
                CheckNumber(comparison.SourceLoss, source);
                CheckNumber(comparison.ResultLoss, result);
                sourceLoss += comparison.SourceLoss;
                resultLoss += comparison.ResultLoss;
                divergence += comparison.Divergence;
                same += comparison.SameFirst ? 1 : 0;
            }
        }, cancellationToken);

        int count = tokens.Length - 1;
        var options = new GenerationOptions { MaxTokens = prompt.IsEmpty ? 0 : maxTokens, StopTokens = stopTokens };
        Generation fromSource = Continue(source), fromResult = Continue(result);
        return new Fidelity
        {
            Tokens = count,
            Top1Agreement = (double)same / count,
            MeanKlDivergence = divergence / count,
            SourcePerplexity = Math.Exp(sourceLoss / count),
            ResultPerplexity = Math.Exp(resultLoss / count),
            SourceText = decode(fromSource.Tokens),
            ResultText = decode(fromResult.Tokens),
            SourceTokensPerSecond = fromSource.TokensPerSecond,
            ResultTokensPerSecond = fromResult.TokensPerSecond,
        };

        Generation Continue(Decoder decoder) =>
            prompt.IsEmpty ? new Generation([], StopReason.MaxTokens, 0, 0) : decoder.Generate(prompt.Span, options, null, cancellationToken);
    }

    /// <summary>Perplexity of a model on tokens.</summary>
    /// <param name="decoder">The model.</param>
    /// <param name="tokens">Token ids of a text; at least two.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public static double Perplexity(Decoder decoder, ReadOnlyMemory<int> tokens, CancellationToken cancellationToken)
    {
        double loss = 0;
        new TextWindows(WindowTokens).Run([decoder], tokens, (targets, logits) =>
        {
            int vocabulary = decoder.Config.VocabularySize;
            for (int i = 0; i < targets.Length; i++)
            {
                ReadOnlySpan<float> position = logits[0].Span.Slice(i * vocabulary, vocabulary);
                double here = LogitComparison.LogSumExp(position) - position[targets.Span[i]];
                CheckNumber(here, decoder);
                loss += here;
            }
        }, cancellationToken);
        return Math.Exp(loss / (tokens.Length - 1));
    }

    /// <summary>Tokens of a text; both must make the same of it, for what a deployment is asked is text.</summary>
    private static int[] Encode(TextGenerator source, TextGenerator result, string text)
    {
        int[] tokens = source.Tokenizer.Encode(text), others = result.Tokenizer.Encode(text);
        int same = tokens.AsSpan().CommonPrefixLength(others);
        if (same == tokens.Length && same == others.Length)
            return tokens;
        throw new HafsException(
            ErrorKind.InvalidData,
            "TokenizersDiffer",
            $"{result.Decoder.Path}: token {same:N0} of the evaluation text is {Name(others)}; {source.Decoder.Path} makes it {Name(tokens)}",
            result.Decoder.Path,
            "The tokens or the pre-tokenizer of the result are not those of the source.");

        string Name(int[] ids) => same < ids.Length ? ids[same].ToString(System.Globalization.CultureInfo.InvariantCulture) : "missing";
    }

    private static void CheckSameVocabulary(Decoder source, Decoder result)
    {
        if (source.Config.VocabularySize == result.Config.VocabularySize)
            return;
        throw new HafsException(
            ErrorKind.InvalidData,
            "VocabulariesDiffer",
            $"{result.Path} has {result.Config.VocabularySize:N0} tokens and {source.Path} has {source.Config.VocabularySize:N0}: one cannot be a conversion of the other",
            result.Path);
    }

    /// <summary>Checks what was computed from logits.</summary>
    /// <exception cref="HafsException">It is no finite number.</exception>
    internal static void CheckNumber(double loss, Decoder decoder)
    {
        if (!double.IsFinite(loss))
            throw new HafsException(ErrorKind.InvalidData, "NonFiniteLogits", $"{decoder.Path}: the model gives logits that are not finite numbers; its weights are damaged", decoder.Path);
    }
}
