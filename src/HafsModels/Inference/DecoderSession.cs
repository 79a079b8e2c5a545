namespace HafsModels.Inference;

/// <summary>One run of tokens through a <see cref="Decoder"/>, with the keys and values of all tokens seen. Not thread-safe; any number of sessions may share a decoder.</summary>
public sealed class DecoderSession
{
    private readonly Decoder decoder;
    private readonly KeyValueCache cache;
    private readonly ForwardPass pass;

    internal DecoderSession(Decoder decoder, DecoderModel model, WorkerTeam team, ActivationCollector? collector = null)
    {
        this.decoder = decoder;
        cache = new KeyValueCache(model.Config);
        pass = new ForwardPass(model, team, collector);
    }

    /// <summary>Tokens seen.</summary>
    public int Position { get; private set; }

    /// <summary>Tokens that still fit into the model's context.</summary>
    public int Remaining => decoder.Config.ContextLength - Position;

    /// <summary>Takes further tokens and gives the logits after the last of them.</summary>
    /// <param name="tokens">Token ids; at least one.</param>
    /// <param name="logits">
    /// Takes the logits after the last k tokens, one vocabulary after the other: its length is k vocabularies. Empty for none, one vocabulary
    /// for the next token alone, as many as there are tokens for all.
    /// </param>
    /// <param name="cancellationToken">Ends the work between two blocks; the tokens of unfinished batches are then not seen.</param>
    /// <exception cref="HafsException">A token is not in the vocabulary, or the context is full.</exception>
    public void Append(ReadOnlySpan<int> tokens, Memory<float> logits, CancellationToken cancellationToken)
    {
        int vocabulary = decoder.Config.VocabularySize;
        int wanted = logits.Length / vocabulary;
        if (logits.Length % vocabulary != 0 || wanted > tokens.Length)
            throw new ArgumentException($"{logits.Length} is not the length of at most {tokens.Length} logit vectors of {vocabulary}", nameof(logits));
        Check(tokens);
        using WeightLease lease = decoder.Lease();
        while (tokens.Length > 0)
        {
            int count = Math.Min(tokens.Length, ForwardPass.MaxBatch);
            int here = Math.Max(0, count - (tokens.Length - wanted));
            pass.Run(tokens[..count], Position, cache, logits[..(here * vocabulary)], cancellationToken);
            Position += count;
            tokens = tokens[count..];
            logits = logits[(here * vocabulary)..];
            wanted -= here;
        }
    }

    /// <summary>Takes further tokens and gives the logits for the next one.</summary>
    /// <param name="tokens">Token ids; at least one.</param>
    /// <param name="cancellationToken">Ends the work between two blocks.</param>
    /// <exception cref="HafsException">A token is not in the vocabulary, or the context is full.</exception>
    public float[] Append(ReadOnlySpan<int> tokens, CancellationToken cancellationToken)
    {
        var logits = new float[decoder.Config.VocabularySize];
        if (tokens.Length == 0)
            throw new ArgumentException("at least one token is needed", nameof(tokens));
        Append(tokens, logits, cancellationToken);
        return logits;
    }

    /// <summary>Forgets every token from a position on.</summary>
    /// <param name="position">Tokens to keep; at most <see cref="Position"/>.</param>
    public void Rewind(int position)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(position, Position);
        Position = position;
        cache.Trim(position);
    }

    private void Check(ReadOnlySpan<int> tokens)
    {
        int vocabulary = decoder.Config.VocabularySize;
        for (int i = 0; i < tokens.Length; i++)
        {
            if ((uint)tokens[i] >= (uint)vocabulary)
                throw new HafsException(ErrorKind.InvalidArgument, "TokenOutOfVocabulary", $"token {i}: id {tokens[i]} is not in a vocabulary of {vocabulary:N0}", decoder.Path);
        }

        if (tokens.Length > Remaining)
        {
            throw new HafsException(
                ErrorKind.InvalidArgument,
                "ContextFull",
                $"{decoder.Path}: {tokens.Length:N0} more tokens after {Position:N0} exceed the context of {decoder.Config.ContextLength:N0}",
                decoder.Path,
                "Shorten the prompt or ask for fewer tokens.");
        }
    }
}
