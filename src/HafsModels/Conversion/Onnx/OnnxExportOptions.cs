namespace HafsModels.Conversion.Onnx;

/// <summary>How an ONNX export stores weights.</summary>
public sealed record OnnxExportOptions
{
    /// <summary>Most bytes of a chunk of external data: a browser fails a little above.</summary>
    public const long DefaultChunkBytes = 2_000_000_000;

    /// <summary>Elements that share a scale in q4 and q4f16: 16, 32, 64 or 128. Only 32 is right in every browser.</summary>
    public int BlockSize { get; init; } = 32;

    /// <summary>Whether blocks have zero points: a little larger and more faithful.</summary>
    public bool Asymmetric { get; init; }

    /// <summary>What q4 and q4f16 allow the processor to round activations to: 0 the graph's type, 1 single precision, 2 half, 3 bfloat16, 4 eight bits (fastest).</summary>
    public int AccuracyLevel { get; init; } = 4;

    /// <summary>Whether the embedding is stored in 8 bits; null for in q8, int8 and uint8 only.</summary>
    public bool? QuantizeEmbedding { get; init; }

    /// <summary>Most bytes of a chunk of external data; a larger tensor has one of its own.</summary>
    public long MaxChunkBytes { get; init; } = DefaultChunkBytes;

    /// <summary>Checks the values.</summary>
    /// <exception cref="HafsException">One is out of range.</exception>
    internal void Check()
    {
        if (BlockSize is not (16 or 32 or 64 or 128))
            throw new HafsException(ErrorKind.InvalidArgument, "OnnxBlockSize", $"a block has 16, 32, 64 or 128 elements, not {BlockSize}");
        if (AccuracyLevel is < 0 or > 4)
            throw new HafsException(ErrorKind.InvalidArgument, "OnnxAccuracyLevel", $"an accuracy level is 0 to 4, not {AccuracyLevel}");
        if (MaxChunkBytes is < 1 or > DefaultChunkBytes)
            throw new HafsException(ErrorKind.InvalidArgument, "OnnxChunkBytes", $"a chunk has 1 to {DefaultChunkBytes:N0} bytes, not {MaxChunkBytes:N0}");
    }
}
