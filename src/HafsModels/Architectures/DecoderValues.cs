namespace HafsModels.Architectures;

/// <summary>The numbers of a <see cref="DecoderConfig"/> by name, so that a family's data can say where config.json and GGUF metadata keep them.</summary>
internal static class DecoderValues
{
    private const int MaxLayers = 4096;

    /// <summary>How to read each number back from a configuration.</summary>
    public static readonly IReadOnlyDictionary<string, Func<DecoderConfig, double>> All = new Dictionary<string, Func<DecoderConfig, double>>
    {
        [nameof(DecoderConfig.LayerCount)] = c => c.LayerCount,
        [nameof(DecoderConfig.ContextLength)] = c => c.ContextLength,
        [nameof(DecoderConfig.HiddenSize)] = c => c.HiddenSize,
        [nameof(DecoderConfig.FeedForwardSize)] = c => c.FeedForwardSize,
        [nameof(DecoderConfig.HeadCount)] = c => c.HeadCount,
        [nameof(DecoderConfig.KeyValueHeadCount)] = c => c.KeyValueHeadCount,
        [nameof(DecoderConfig.HeadDimension)] = c => c.HeadDimension,
        [nameof(DecoderConfig.VocabularySize)] = c => c.VocabularySize,
        [nameof(DecoderConfig.NormEpsilon)] = c => c.NormEpsilon,
        [nameof(DecoderConfig.RopeBase)] = c => c.RopeBase,
        [nameof(DecoderConfig.RopeDimension)] = c => c.RopeDimension,
    };

    /// <summary>Makes a configuration from the numbers that are there; derived ones take their usual defaults.</summary>
    /// <param name="family">Name of the family.</param>
    /// <param name="value">A number by name, or null when the source does not state it.</param>
    /// <param name="ropeInterleaved">How q and k rows lie in this source.</param>
    /// <param name="tied">Whether the head is the embedding.</param>
    /// <param name="source">File, for messages.</param>
    /// <exception cref="HafsException">A number is missing or impossible.</exception>
    public static DecoderConfig Build(string family, Func<string, double?> value, bool ropeInterleaved, bool tied, string source)
    {
        int Whole(string name, double? given, long maximum = int.MaxValue) => (given ?? value(name)) switch
        {
            null => throw new HafsException(ErrorKind.InvalidData, "DecoderValueMissing", $"{source}: {name} is not stated", source),
            { } number when number >= 1 && number <= maximum && number == Math.Floor(number) => (int)number,
            { } number => throw new HafsException(ErrorKind.InvalidData, "DecoderValue", $"{source}: {name} is {number}; it must be a whole number from 1 to {maximum:N0}", source),
        };

        float Positive(string name, double? given) => (given ?? value(name)) switch
        {
            null => throw new HafsException(ErrorKind.InvalidData, "DecoderValueMissing", $"{source}: {name} is not stated", source),
            { } number when number > 0 && float.IsFinite((float)number) => (float)number,
            { } number => throw new HafsException(ErrorKind.InvalidData, "DecoderValue", $"{source}: {name} is {number}; it must be greater than 0", source),
        };

        int hidden = Whole(nameof(DecoderConfig.HiddenSize), null);
        int heads = Whole(nameof(DecoderConfig.HeadCount), null);
        int keyHeads = Whole(nameof(DecoderConfig.KeyValueHeadCount), value(nameof(DecoderConfig.KeyValueHeadCount)) ?? heads);
        if (value(nameof(DecoderConfig.HeadDimension)) is null && hidden % heads != 0)
            throw new HafsException(ErrorKind.InvalidData, "DecoderValue", $"{source}: a width of {hidden} cannot be shared by {heads} heads", source);
        int dimension = Whole(nameof(DecoderConfig.HeadDimension), value(nameof(DecoderConfig.HeadDimension)) ?? hidden / heads);
        int rope = Whole(nameof(DecoderConfig.RopeDimension), value(nameof(DecoderConfig.RopeDimension)) ?? dimension);
        if (heads % keyHeads != 0 || rope > dimension || rope % 2 != 0)
        {
            throw new HafsException(
                ErrorKind.InvalidData, "DecoderValue", $"{source}: {heads} query heads, {keyHeads} key/value heads, head dimension {dimension}, rotated {rope}: heads must divide, the rotated part be even and fit", source);
        }

        return new DecoderConfig
        {
            Family = family,
            LayerCount = Whole(nameof(DecoderConfig.LayerCount), null, MaxLayers),
            HiddenSize = hidden,
            FeedForwardSize = Whole(nameof(DecoderConfig.FeedForwardSize), null),
            HeadCount = heads,
            KeyValueHeadCount = keyHeads,
            HeadDimension = dimension,
            VocabularySize = Whole(nameof(DecoderConfig.VocabularySize), null),
            ContextLength = Whole(nameof(DecoderConfig.ContextLength), null),
            NormEpsilon = Positive(nameof(DecoderConfig.NormEpsilon), null),
            RopeBase = Positive(nameof(DecoderConfig.RopeBase), value(nameof(DecoderConfig.RopeBase)) ?? 10_000),
            RopeDimension = rope,
            RopeInterleaved = ropeInterleaved,
            TiedEmbeddings = tied,
        };
    }
}
