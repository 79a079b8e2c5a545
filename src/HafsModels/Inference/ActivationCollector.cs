using System.Numerics;
using HafsModels.Formats.ImportanceMatrices;

namespace HafsModels.Inference;

/// <summary>
/// Sums the squares of what meets each weight matrix. Matrices that share an input (query, key and value; gate and up) share their sums. The
/// order of additions in a column does not depend on threads or vector width.
/// </summary>
/// <param name="team">The threads of the decoder that is watched.</param>
internal sealed class ActivationCollector(WorkerTeam team)
{
    private const int PieceColumns = 64;

    private readonly Dictionary<(string Role, int Item), Inputs> met = [];

    /// <summary>Takes the inputs of one product.</summary>
    /// <param name="inputs"><paramref name="count"/> vectors, one after the other.</param>
    /// <param name="count">Number of vectors.</param>
    /// <param name="products">The matrices they are multiplied with.</param>
    public void Add(ReadOnlyMemory<float> inputs, int count, ReadOnlySpan<(WeightMatrix Matrix, Memory<float> Product)> products)
    {
        WeightMatrix leading = products[0].Matrix;
        if (!met.TryGetValue((leading.Role, leading.Item), out Inputs? sums))
        {
            sums = new Inputs(leading.Columns);
            foreach ((WeightMatrix matrix, _) in products)
                met.TryAdd((matrix.Role, matrix.Item), sums);
        }

        sums.Count += count;
        double[] squares = sums.Squares;
        int columns = squares.Length, pieces = (columns + PieceColumns - 1) / PieceColumns;
        team.Run(pieces, 1, (first, end) =>
        {
            for (int piece = first; piece < end; piece++)
                AddColumns(inputs.Span, count, columns, piece * PieceColumns, squares);
        });
    }

    /// <summary>The sums of every tensor that was met, by role. Experts that no token chose have zeros.</summary>
    /// <param name="model">The model that was watched.</param>
    /// <param name="withHead">Whether the output head is among them.</param>
    public IReadOnlyDictionary<string, ActivationSums> Sums(DecoderModel model, bool withHead)
    {
        var stacks = new Dictionary<string, int>(StringComparer.Ordinal);
        model.Map(matrix =>
        {
            stacks[matrix.Role] = Math.Max(stacks.GetValueOrDefault(matrix.Role), matrix.Item + 1);
            return matrix;
        });
        return met.Keys.Select(k => k.Role).Distinct().Where(role => withHead || role != model.Head.Role).ToDictionary(role => role, role => Sums(role, stacks[role]), StringComparer.Ordinal);
    }

    private ActivationSums Sums(string role, int items)
    {
        int columns = met.First(m => m.Key.Role == role).Value.Squares.Length;
        float[] squares = new float[items * columns], counts = new float[items];
        for (int item = 0; item < items; item++)
        {
            if (!met.TryGetValue((role, item), out Inputs? inputs))
                continue;
            for (int i = 0; i < columns; i++)
                squares[(item * columns) + i] = (float)inputs.Squares[i];
            counts[item] = inputs.Count;
        }

        return new ActivationSums(squares, counts);
    }

    // One batch is summed in float, batches in double: a text may have millions of tokens.
    private static void AddColumns(ReadOnlySpan<float> inputs, int count, int columns, int first, Span<double> squares)
    {
        int end = Math.Min(first + PieceColumns, columns), column = first;
        Span<float> batch = stackalloc float[Vector<float>.Count];
        for (; column <= end - Vector<float>.Count; column += Vector<float>.Count)
        {
            Vector<float> sum = default;
            for (int n = 0; n < count; n++)
            {
                var x = new Vector<float>(inputs.Slice((n * columns) + column, Vector<float>.Count));
                sum += x * x;
            }

            sum.CopyTo(batch);
            for (int i = 0; i < batch.Length; i++)
                squares[column + i] += batch[i];
        }

        for (; column < end; column++)
        {
            float sum = 0;
            for (int n = 0; n < count; n++)
            {
                float x = inputs[(n * columns) + column];
                sum += x * x;
            }

            squares[column] += sum;
        }
    }

    private sealed class Inputs(int columns)
    {
        public double[] Squares { get; } = new double[columns];

        public long Count { get; set; }
    }
}
