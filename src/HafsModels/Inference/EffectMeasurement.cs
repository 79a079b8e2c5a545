using HafsModels.Architectures;
using HafsModels.Quantization;
using HafsModels.Tensors;

namespace HafsModels.Inference;

/// <summary>
/// How far a model's answers move when some of its matrices are stored in another type: the model is run on one text once, and again with
/// just these matrices encoded. Rows are encoded as the source lays them out, which changes no row.
/// </summary>
internal sealed class EffectMeasurement : IDisposable
{
    // Reference logits are kept, not computed again for each variant.
    private const int MaxLogits = 1 << 27;

    private readonly TextGenerator source;
    private readonly int[] tokens;
    private readonly float[] reference;

    /// <summary>Opens a model and runs it on a text.</summary>
    /// <param name="model">A GGUF file, or the folder of a Hugging Face checkpoint, with its adapter.</param>
    /// <param name="options">On what, and how much.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="HafsException">It is of a kind that is not decoded here, or gives logits that are not numbers.</exception>
    public EffectMeasurement(ModelSource model, FidelityOptions options, CancellationToken cancellationToken)
    {
        source = TextGenerator.Open(model, options.Threads, cancellationToken);
        try
        {
            int vocabulary = source.Decoder.Config.VocabularySize;
            int[] all = source.Tokenizer.Encode(options.Text ?? EvaluationText.Read());
            int most = Math.Min(options.MaxTokens > 0 ? options.MaxTokens : FidelityMeasurement.MaxTokens, MaxLogits / vocabulary);
            tokens = all.Length > most + 1 ? all[..(most + 1)] : all;
            if (tokens.Length < 2)
                throw new HafsException(ErrorKind.InvalidArgument, "EvaluationTextTooShort", $"the evaluation text has {tokens.Length} tokens; at least 2 are needed to predict one");
            reference = new float[(tokens.Length - 1) * vocabulary];
            int done = 0;
            Run(source.Decoder, logits =>
            {
                for (int i = 0; i < logits.Length; i += vocabulary)
                    FidelityMeasurement.CheckNumber(LogitComparison.LogSumExp(logits.Span.Slice(i, vocabulary)), source.Decoder);
                logits.Span.CopyTo(reference.AsSpan(done));
                done += logits.Length;
            }, cancellationToken);
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    /// <summary>Predicted tokens compared.</summary>
    public int Tokens => tokens.Length - 1;

    /// <summary>Multiplications that one measurement takes.</summary>
    public double Cost => (double)source.Decoder.ParameterCount * Tokens;

    /// <summary>Mean Kullback-Leibler divergence from the source when some matrices are encoded, nats per token.</summary>
    /// <param name="types">Roles, and how they are stored.</param>
    /// <param name="importance">What their encoding minds, or null.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public double Divergence(IReadOnlyDictionary<string, GgmlType> types, ImportanceMatrix? importance, CancellationToken cancellationToken)
    {
        using Decoder variant = source.Decoder.With((matrix, arena) =>
            types.TryGetValue(matrix.Role, out GgmlType type) && type != matrix.Type ? Encode(matrix, BlockFormats.Get(type), importance, arena, cancellationToken) : matrix);
        int vocabulary = variant.Config.VocabularySize, done = 0;
        double sum = 0;
        Run(variant, logits =>
        {
            int count = logits.Length / vocabulary, first = done;
            var found = new double[count];
            variant.Team.Run(count, 1, (from, end) =>
            {
                for (int i = from; i < end; i++)
                {
                    found[i] = LogitComparison.Of(
                        reference.AsSpan((first + i) * vocabulary, vocabulary), logits.Span.Slice(i * vocabulary, vocabulary), tokens[first + i + 1]).Divergence;
                }
            });
            sum += found.Sum();
            done += count;
        }, cancellationToken);
        return sum / Tokens;
    }

    /// <summary>Frees the model.</summary>
    public void Dispose() => source.Dispose();

    private void Run(Decoder decoder, Action<ReadOnlyMemory<float>> visit, CancellationToken cancellationToken) =>
        new TextWindows(FidelityMeasurement.WindowTokens).Run([decoder], tokens, (_, logits) => visit(logits[0]), cancellationToken);

    private unsafe WeightMatrix Encode(WeightMatrix matrix, BlockFormat format, ImportanceMatrix? importance, WeightArena arena, CancellationToken cancellationToken)
    {
        int columns = matrix.Columns, rowBytes = checked((int)format.Type.RowBytes(columns));
        var encoded = new WeightMatrix(format.Type, matrix.Rows, columns, arena.Allocate((long)matrix.Rows * rowBytes)) { Role = matrix.Role, Item = matrix.Item };
        ReadOnlyMemory<float> weights = importance is null ? default : importance.ForItem(matrix.Role, matrix.Item, columns);
        const int Grain = 64;
        source.Decoder.Team.Run(matrix.Rows, Grain, (first, end) =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            float[] numbers = new float[(end - first) * columns];
            for (int row = first; row < end; row++)
                matrix.ReadRow(row, numbers.AsSpan((row - first) * columns));
            format.Encode(numbers, columns, weights.Span, encoded.RowData(first, end - first));
        });
        return encoded;
    }
}
