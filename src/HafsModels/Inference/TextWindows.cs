namespace HafsModels.Inference;

/// <summary>
/// Runs decoders side by side over the same tokens: consecutive windows that each start from an empty context, each token predicted from those
/// before it in its window. Logits are handed on a few positions at a time and never kept.
/// </summary>
/// <param name="length">Predicted tokens of a window.</param>
internal sealed class TextWindows(int length)
{
    private const int ChunkFloats = 4 << 20;

    /// <summary>Takes a few positions.</summary>
    /// <param name="targets">The tokens that come next.</param>
    /// <param name="logits">For each decoder the logits for each target, one vocabulary after the other.</param>
    public delegate void Visitor(ReadOnlyMemory<int> targets, IReadOnlyList<ReadOnlyMemory<float>> logits);

    /// <summary>Runs over all tokens.</summary>
    /// <param name="decoders">Decoders with one vocabulary.</param>
    /// <param name="tokens">Token ids.</param>
    /// <param name="visit">Called in the order of the tokens.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public void Run(IReadOnlyList<Decoder> decoders, ReadOnlyMemory<int> tokens, Visitor visit, CancellationToken cancellationToken)
    {
        int vocabulary = decoders[0].Config.VocabularySize;
        int window = Math.Min(length, decoders.Min(decoder => decoder.Config.ContextLength));
        int chunk = Math.Clamp(ChunkFloats / vocabulary, 1, window);
        Memory<float>[] buffers = [.. decoders.Select(_ => new float[chunk * vocabulary].AsMemory())];
        for (int start = 0; start < tokens.Length - 1; start += window)
        {
            int end = Math.Min(start + window, tokens.Length - 1);
            DecoderSession[] sessions = [.. decoders.Select(decoder => decoder.NewSession())];
            for (int at = start; at < end; at += chunk)
            {
                int count = Math.Min(chunk, end - at);
                for (int i = 0; i < sessions.Length; i++)
                    sessions[i].Append(tokens.Span.Slice(at, count), buffers[i][..(count * vocabulary)], cancellationToken);
                visit(tokens.Slice(at + 1, count), [.. buffers.Select(buffer => (ReadOnlyMemory<float>)buffer[..(count * vocabulary)])]);
            }
        }
    }
}
