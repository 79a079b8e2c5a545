namespace HafsModels.Inference.Onnx;

/// <summary>One run of tokens through an ONNX model, with its caches.</summary>
public sealed unsafe class OnnxSession : IDisposable
{
    /// <summary>What the names of caches begin with as inputs.</summary>
    internal const string Past = "past_key_values.";

    private const string Present = "present.";

    private readonly OrtSession session;
    private readonly Dictionary<string, nint> caches = new(StringComparer.Ordinal);

    internal OnnxSession(OrtSession session) => this.session = session;

    /// <summary>Tokens so far.</summary>
    public int Length { get; private set; }

    /// <summary>Appends tokens.</summary>
    /// <param name="tokens">Token ids; at least one.</param>
    /// <param name="cancellationToken">Looked at before the run.</param>
    /// <returns>Logits after each of them, one vocabulary after the other.</returns>
    /// <exception cref="HafsException">ONNX Runtime reports an error.</exception>
    public float[] Append(ReadOnlySpan<int> tokens, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        int count = tokens.Length, total = Length + count;
        long[] ids = new long[count], mask = new long[total], positions = new long[count];
        for (int i = 0; i < count; i++)
            (ids[i], positions[i]) = (tokens[i], Length + i);
        Array.Fill(mask, 1);
        var made = new List<nint>();
        long none = 0;
        nint[] results;
        fixed (long* id = ids, one = mask, position = positions)
        {
            // Pointers cannot be captured by the lambda of a query.
            var inputs = new nint[session.Inputs.Count];
            for (int i = 0; i < inputs.Length; i++)
            {
                (string name, OrtElementType type, long[] shape) = session.Inputs[i];
                if (caches.TryGetValue(name, out inputs[i]))
                    continue;
                inputs[i] = name switch
                {
                    "input_ids" => session.Tensor(id, count * sizeof(long), [1, count], type),
                    "position_ids" => session.Tensor(position, count * sizeof(long), [1, count], type),
                    "attention_mask" => session.Tensor(one, total * sizeof(long), [1, total], type),
                    _ => session.Tensor(&none, 0, [1, shape[1], 0, shape[3]], type),
                };
                made.Add(inputs[i]);
            }

            try
            {
                results = session.Run(inputs);
            }
            finally
            {
                made.ForEach(session.Release);
            }
        }

        Length = total;
        return Keep(results);
    }

    /// <summary>Frees the caches.</summary>
    public void Dispose()
    {
        foreach (nint cache in caches.Values)
            session.Release(cache);
        caches.Clear();
    }

    private float[] Keep(nint[] results)
    {
        Dispose();
        float[] logits = [];
        for (int i = 0; i < results.Length; i++)
        {
            string name = session.Outputs[i];
            if (name.StartsWith(Present, StringComparison.Ordinal))
            {
                caches[Past + name[Present.Length..]] = results[i];
                continue;
            }

            if (name == "logits")
                logits = session.Numbers(results[i], out _).ToArray();
            session.Release(results[i]);
        }

        return logits;
    }
}
