using HafsModels.Registry;

namespace HafsModels.Inference;

/// <summary>The proof: source and result are run on the same tokens, and their answers are compared.</summary>
public static class FidelityMeasurement
{
    /// <summary>Predicted tokens of a window; each window starts from an empty context.</summary>
    public const int WindowTokens = 256;

    /// <summary>Compares two decoders on tokens. Memory does not grow with the number of tokens.</summary>
    /// <param name="source">The original.</param>
    /// <param name="result">What was made of it.</param>
    /// <param name="tokens">Token ids of a text; at least two.</param>
    /// <param name="prompt">Tokens that both continue greedily, for the speeds; empty for none.</param>
    /// <param name="maxTokens">Tokens to generate after <paramref name="prompt"/>.</param>
    /// <param name="decode">Turns generated tokens into text.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="HafsException">The vocabularies differ in size, a token is not in them, or a model gives logits that are not numbers.</exception>
    public static Fidelity Compare(
        Decoder source,
        Decoder result,
        ReadOnlyMemory<int> tokens,
        ReadOnlyMemory<int> prompt,
        int maxTokens,
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
        var options = new GenerationOptions { MaxTokens = prompt.IsEmpty ? 0 : maxTokens };
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

    private static void CheckNumber(double loss, Decoder decoder)
    {
        if (!double.IsFinite(loss))
            throw new HafsException(ErrorKind.InvalidData, "NonFiniteLogits", $"{decoder.Path}: the model gives logits that are not finite numbers; its weights are damaged", decoder.Path);
    }
}
