using System.Diagnostics;
using System.Text;
using HafsModels.Conversion;
using HafsModels.Formats;
using HafsModels.Formats.ImportanceMatrices;

namespace HafsModels.Inference;

/// <summary>
/// What meets the weights of a model over a text, measured as llama-imatrix does: whole chunks of the text, each from an empty context and each
/// beginning with BOS where the model's texts do.
/// </summary>
/// <param name="Sums">Sums by role.</param>
/// <param name="Tokens">Tokens that were run.</param>
/// <param name="ChunkCount">Chunks they were run in.</param>
/// <param name="ChunkTokens">Tokens of a chunk.</param>
/// <param name="Perplexity">Of the second half of each chunk.</param>
internal sealed record ImportanceMeasurement(IReadOnlyDictionary<string, ActivationSums> Sums, long Tokens, int ChunkCount, int ChunkTokens, double Perplexity)
{
    private const int MaxTextBytes = 1 << 28;

    // The second half of a chunk predicts all its tokens but the last: with fewer there is nothing to predict.
    private const int FewestTokens = 4;

    /// <summary>Runs a model over a text.</summary>
    /// <param name="model">The model.</param>
    /// <param name="text">The text.</param>
    /// <param name="request">Chunks, and whether the head counts.</param>
    /// <param name="progress">Told about chunks done.</param>
    /// <param name="cancellationToken">Ends the work between two blocks of layers.</param>
    /// <exception cref="HafsException">A chunk is too short to predict anything, the text has less than one, or the model gives logits that are not numbers.</exception>
    public static ImportanceMeasurement Run(TextGenerator model, string text, ImportanceRequest request, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        Decoder decoder = model.Decoder;
        int length = Math.Min(request.ContextLength, decoder.Config.ContextLength);
        if (length < FewestTokens)
        {
            throw new HafsException(
                ErrorKind.InvalidArgument,
                "ImportanceChunkTooShort",
                $"{decoder.Path}: chunks of {length:N0} tokens (the model's context has {decoder.Config.ContextLength:N0}) are too short; {FewestTokens} is the least",
                decoder.Path,
                "Give a larger context length.");
        }

        int[] tokens = model.Tokenizer.Encode(text, addSpecial: true, parseSpecial: false);
        int chunks = tokens.Length / length;
        if (chunks == 0)
        {
            throw new HafsException(
                ErrorKind.InvalidArgument,
                "ImportanceTextTooShort",
                $"{request.TextPath}: the text has {tokens.Length:N0} tokens; one chunk takes {length:N0}",
                request.TextPath,
                "Give a longer text, or a smaller context length.");
        }

        chunks = request.ChunkCount > 0 ? Math.Min(chunks, request.ChunkCount) : chunks;
        int? bos = model.Tokenizer.Encode("", addSpecial: true) is [var begin, ..] && begin == model.Vocabulary.BosId ? begin : null;
        var collector = new ActivationCollector(decoder.Team);
        var logits = new float[Math.Min(ForwardPass.MaxBatch, length) * decoder.Config.VocabularySize];
        double loss = 0;
        for (int chunk = 0; chunk < chunks; chunk++)
        {
            progress?.Report(new WorkProgress($"Measuring importance in {Path.GetFileName(decoder.Path)}", $"chunk {chunk + 1:N0} of {chunks:N0}", chunk, chunks));
            Span<int> here = tokens.AsSpan(chunk * length, length);
            if (bos is { } id)
                here[0] = id;
            loss += RunChunk(decoder, here, collector, request.IncludeOutput, logits, cancellationToken);
        }

        int predicted = chunks * (length - 1 - length / 2);
        IReadOnlyDictionary<string, ActivationSums> sums = decoder.SumsOf(collector, request.IncludeOutput);
        return new ImportanceMeasurement(sums, (long)chunks * length, chunks, length, Math.Exp(loss / predicted));
    }

    /// <summary>Runs a model over a text and writes the importance matrix.</summary>
    /// <param name="source">Folder or GGUF file of the model.</param>
    /// <param name="request">The text, and where the matrix goes.</param>
    /// <param name="progress">Told about chunks done.</param>
    /// <param name="cancellationToken">Ends the work; nothing is left behind.</param>
    /// <exception cref="HafsException">The model cannot be run, the text is too short, or the output exists.</exception>
    public static ModelImportance Write(string source, ImportanceRequest request, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        string output = request.Output(source), textPath = Path.GetFullPath(request.TextPath);
        string text = Encoding.UTF8.GetString(FileBytes.ReadWhole(textPath, MaxTextBytes, "ImportanceTextTooLarge"));
        using TextGenerator model = TextGenerator.Open(source, request.Threads, cancellationToken);
        long begin = Stopwatch.GetTimestamp();
        ImportanceMeasurement found = Run(model, text, request, progress, cancellationToken);
        TimeSpan time = Stopwatch.GetElapsedTime(begin);
        ExportPlan plan = ImportanceExport.Plan(found.Sums, Path.GetFileName(textPath), found.ChunkCount, found.ChunkTokens);
        return new ModelImportance
        {
            Path = output,
            Sha256 = PlanRunner.Run(plan, output, 1, allowNonFinite: false, null, cancellationToken),
            Source = model.Decoder.Path,
            TextPath = textPath,
            Tokens = found.Tokens,
            ChunkCount = found.ChunkCount,
            EntryCount = found.Sums.Count,
            Perplexity = found.Perplexity,
            TokensPerSecond = found.Tokens / time.TotalSeconds,
        };
    }

    // The loss over the predictions of the second half: those of the first see too little of the text.
    private static double RunChunk(Decoder decoder, ReadOnlySpan<int> tokens, ActivationCollector collector, bool withHead, Memory<float> logits, CancellationToken cancellationToken)
    {
        int vocabulary = decoder.Config.VocabularySize, firstPredicting = tokens.Length / 2;
        DecoderSession session = decoder.NewSession(collector);
        double loss = 0;
        for (int start = 0; start < tokens.Length; start += ForwardPass.MaxBatch)
        {
            int count = Math.Min(ForwardPass.MaxBatch, tokens.Length - start);
            int from = withHead ? start : Math.Clamp(firstPredicting, start, start + count);
            Memory<float> batch = logits[..((start + count - from) * vocabulary)];
            session.Append(tokens.Slice(start, count), batch, cancellationToken);
            for (int position = Math.Max(from, firstPredicting); position < Math.Min(start + count, tokens.Length - 1); position++)
            {
                ReadOnlySpan<float> answer = batch.Span.Slice((position - from) * vocabulary, vocabulary);
                loss += LogitComparison.LogSumExp(answer) - answer[tokens[position + 1]];
            }
        }

        FidelityMeasurement.CheckNumber(loss, decoder);
        return loss;
    }
}
