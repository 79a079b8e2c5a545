namespace HafsModels.Tensors;

/// <summary>Small matrices that many readers need whole, such as the factors of an adapter. Only the ones used last stay in memory; each is read once while it does.</summary>
/// <param name="capacity">Matrices to keep.</param>
internal sealed class RecentMatrices(int capacity)
{
    private readonly Lock gate = new();
    private readonly LinkedList<(TensorRows Source, bool Transposed, Lazy<float[]> Numbers)> recent = new();

    /// <summary>All numbers of a matrix, row after row.</summary>
    /// <param name="source">The matrix.</param>
    /// <param name="transposed">Whether its columns become the rows.</param>
    public float[] Get(TensorRows source, bool transposed)
    {
        Lazy<float[]> numbers;
        lock (gate)
        {
            LinkedListNode<(TensorRows Source, bool Transposed, Lazy<float[]> Numbers)>? node = recent.First;
            while (node is not null && !(ReferenceEquals(node.Value.Source, source) && node.Value.Transposed == transposed))
                node = node.Next;
            if (node is null)
                node = new((source, transposed, new Lazy<float[]>(() => Read(source, transposed))));
            else
                recent.Remove(node);
            recent.AddFirst(node);
            if (recent.Count > capacity)
                recent.RemoveLast();
            numbers = node.Value.Numbers;
        }

        // Outside the lock: whoever needs another matrix does not wait for this one.
        return numbers.Value;
    }

    private static float[] Read(TensorRows source, bool transposed)
    {
        float[] numbers = new float[source.Shape.ElementCount];
        source.Read(0, numbers);
        if (!transposed)
            return numbers;
        int rows = (int)source.RowCount, columns = source.RowLength;
        float[] turned = new float[numbers.Length];
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
                turned[column * rows + row] = numbers[row * columns + column];
        }

        return turned;
    }
}
