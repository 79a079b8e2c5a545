namespace HafsModels.Architectures;

/// <summary>The numbers of a <see cref="DecoderConfig"/> by name, so that a family's data can say where config.json and GGUF metadata keep them.</summary>
internal static class DecoderValues
{
    private const int MaxLayers = 4096;

    // Smallest positive number a size-like fraction may be.
    private const double Positive = 1e-30;

    /// <summary>Every number.</summary>
    public static readonly IReadOnlyDictionary<string, DecoderValue> All = new DecoderValue[]
    {
        new(nameof(DecoderConfig.LayerCount), c => c.LayerCount, null, 1, MaxLayers),
        new(nameof(DecoderConfig.HiddenSize), c => c.HiddenSize, null, 1),
        new(nameof(DecoderConfig.FeedForwardSize), c => c.FeedForwardSize, null, 1),
        new(nameof(DecoderConfig.HeadCount), c => c.HeadCount, null, 1),
        new(nameof(DecoderConfig.KeyValueHeadCount), c => c.KeyValueHeadCount, "HeadCount", 1),
        new(nameof(DecoderConfig.HeadDimension), c => c.HeadDimension, "HiddenSize / HeadCount", 1),
        new(nameof(DecoderConfig.ValueDimension), c => c.ValueWidth, "HeadDimension", 1),
        new(nameof(DecoderConfig.VocabularySize), c => c.VocabularySize, null, 1),
        new(nameof(DecoderConfig.ContextLength), c => c.ContextLength, null, 1),
        new(nameof(DecoderConfig.NormEpsilon), c => c.NormEpsilon, null, Positive) { IsWhole = false },
        new(nameof(DecoderConfig.RopeBase), c => c.RopeBase, "10000", Positive) { IsWhole = false },
        new(nameof(DecoderConfig.LocalRopeBase), c => c.LocalRopeBase, "RopeBase", Positive) { IsWhole = false },
        new(nameof(DecoderConfig.RopeDimension), c => c.RopeDimension, "HeadDimension"),
        new(nameof(DecoderConfig.RopePeriod), c => c.RopePeriod),
        new(nameof(DecoderConfig.RopeScaling), c => (int)c.RopeScaling, "0", 0, 3) { Words = ["none", "linear", "yarn", "longrope"] },
        new(nameof(DecoderConfig.RopeFactor), c => c.RopeFactor, "1", Positive) { IsWhole = false },
        new(nameof(DecoderConfig.RopeOriginalContext), c => c.RopeOriginalContext),
        new(nameof(DecoderConfig.RopeMagnitude), c => c.RopeMagnitude, "1", Positive) { IsWhole = false },
        new(nameof(DecoderConfig.YarnBetaFast), c => c.YarnBetaFast, "32", Positive) { IsWhole = false },
        new(nameof(DecoderConfig.YarnBetaSlow), c => c.YarnBetaSlow, "1", Positive) { IsWhole = false },
        new(nameof(DecoderConfig.YarnTruncated), c => c.YarnTruncated ? 1 : 0, "1", 0, 1),
        new(nameof(DecoderConfig.YarnLogMultiplier), c => c.YarnLogMultiplier) { IsWhole = false },
        new(nameof(DecoderConfig.SlidingWindow), c => c.SlidingWindow),
        new(nameof(DecoderConfig.SlidingPeriod), c => c.SlidingPeriod),
        new(nameof(DecoderConfig.AttentionScale), c => c.AttentionScale, "1 / sqrt(HeadDimension)", Positive) { IsWhole = false },
        new(nameof(DecoderConfig.AttentionSoftcap), c => c.AttentionSoftcap) { IsWhole = false },
        new(nameof(DecoderConfig.LogitSoftcap), c => c.LogitSoftcap) { IsWhole = false },
        new(nameof(DecoderConfig.EmbeddingScale), c => c.EmbeddingScale, "1", Positive) { IsWhole = false },
        new(nameof(DecoderConfig.ResidualScale), c => c.ResidualScale, "1", Positive) { IsWhole = false },
        new(nameof(DecoderConfig.LogitDivisor), c => c.LogitDivisor, "1", Positive) { IsWhole = false },
        new(nameof(DecoderConfig.ParallelResidual), c => c.ParallelResidual ? 1 : 0, "0", 0, 1),
        new(nameof(DecoderConfig.ExpertCount), c => c.ExpertCount, "0", 0, 4096),
        new(nameof(DecoderConfig.ExpertUsedCount), c => c.ExpertUsedCount, "0", 0, 4096),
        new(nameof(DecoderConfig.ExpertFeedForwardSize), c => c.ExpertFeedForwardSize, "FeedForwardSize"),
        new(nameof(DecoderConfig.SharedExpertCount), c => c.SharedExpertCount),
        new(nameof(DecoderConfig.SharedFeedForwardSize), c => c.SharedFeedForwardSize, "SharedExpertCount * ExpertFeedForwardSize"),
        new(nameof(DecoderConfig.LeadingDenseLayers), c => c.LeadingDenseLayers),
        new(nameof(DecoderConfig.ExpertGating), c => (int)c.ExpertGating, "1", 1, 3),
        new(nameof(DecoderConfig.ExpertWeightsNormalized), c => c.ExpertWeightsNormalized ? 1 : 0, "0", 0, 1),
        new(nameof(DecoderConfig.ExpertWeightsScale), c => c.ExpertWeightsScale, "1", Positive) { IsWhole = false },
        new(nameof(DecoderConfig.ExpertGroupCount), c => c.ExpertGroupCount),
        new(nameof(DecoderConfig.ExpertGroupUsedCount), c => c.ExpertGroupUsedCount),
        new(nameof(DecoderConfig.QueryRank), c => c.QueryRank),
        new(nameof(DecoderConfig.KeyValueRank), c => c.KeyValueRank),
        new(nameof(DecoderConfig.LatentKeyDimension), c => c.LatentKeyDimension),
        new(nameof(DecoderConfig.LatentValueDimension), c => c.LatentValueDimension),
        new(nameof(DecoderConfig.TiedEmbeddings), c => c.TiedEmbeddings ? 1 : 0, "0", 0, 1),
    }.ToDictionary(v => v.Name, StringComparer.Ordinal);

    /// <summary>Makes a configuration from the numbers that are there; derived ones take their usual defaults.</summary>
    /// <param name="family">What does not depend on numbers: name, norm, activation.</param>
    /// <param name="stated">A number by name, asked with a way to find others; null when the source does not state it.</param>
    /// <param name="source">File, for messages.</param>
    /// <exception cref="HafsException">A number is missing or impossible.</exception>
    public static DecoderConfig Build(DecoderConfig family, Func<string, Func<string, double?>, double?> stated, string source)
    {
        var known = new Dictionary<string, double?>(StringComparer.Ordinal);
        double? Find(string name)
        {
            if (known.TryGetValue(name, out double? value))
                return value;
            if (!All.TryGetValue(name, out DecoderValue? definition))
                return null;
            known[name] = null;
            value = stated(name, Find) ?? definition.DefaultExpression?.Evaluate(Find);
            if (value is { } number && !definition.Allows(number))
                throw new HafsException(ErrorKind.InvalidData, "DecoderValue", $"{source}: {name} is {number}; it must be {definition.Rule}", source);
            known[name] = value;
            return value;
        }

        double Number(string name) => Find(name) ?? throw new HafsException(ErrorKind.InvalidData, "DecoderValueMissing", $"{source}: {name} is not stated", source);
        int Whole(string name) => (int)Number(name);
        float Real(string name) => (float)Number(name);
        bool Is(string name) => Number(name) != 0;

        int hidden = Whole(nameof(DecoderConfig.HiddenSize)), heads = Whole(nameof(DecoderConfig.HeadCount)), keyHeads = Whole(nameof(DecoderConfig.KeyValueHeadCount));
        int dimension = Whole(nameof(DecoderConfig.HeadDimension)), rope = Whole(nameof(DecoderConfig.RopeDimension));
        if (heads % keyHeads != 0 || rope > dimension || rope % 2 != 0)
        {
            throw new HafsException(
                ErrorKind.InvalidData, "DecoderValue", $"{source}: {heads} query heads, {keyHeads} key/value heads, head dimension {dimension}, rotated {rope}: heads must divide, the rotated part be even and fit", source);
        }

        return family with
        {
            LayerCount = Whole(nameof(DecoderConfig.LayerCount)),
            HiddenSize = hidden,
            FeedForwardSize = Whole(nameof(DecoderConfig.FeedForwardSize)),
            HeadCount = heads,
            KeyValueHeadCount = keyHeads,
            HeadDimension = dimension,
            ValueDimension = Whole(nameof(DecoderConfig.ValueDimension)),
            VocabularySize = Whole(nameof(DecoderConfig.VocabularySize)),
            ContextLength = Whole(nameof(DecoderConfig.ContextLength)),
            NormEpsilon = Real(nameof(DecoderConfig.NormEpsilon)),
            RopeBase = Real(nameof(DecoderConfig.RopeBase)),
            LocalRopeBase = Real(nameof(DecoderConfig.LocalRopeBase)),
            RopeDimension = rope,
            RopePeriod = Whole(nameof(DecoderConfig.RopePeriod)),
            RopeScaling = (RopeScalingKind)Whole(nameof(DecoderConfig.RopeScaling)),
            RopeFactor = Real(nameof(DecoderConfig.RopeFactor)),
            RopeOriginalContext = Whole(nameof(DecoderConfig.RopeOriginalContext)),
            RopeMagnitude = Real(nameof(DecoderConfig.RopeMagnitude)),
            YarnBetaFast = Real(nameof(DecoderConfig.YarnBetaFast)),
            YarnBetaSlow = Real(nameof(DecoderConfig.YarnBetaSlow)),
            YarnTruncated = Is(nameof(DecoderConfig.YarnTruncated)),
            YarnLogMultiplier = Real(nameof(DecoderConfig.YarnLogMultiplier)),
            SlidingWindow = Whole(nameof(DecoderConfig.SlidingWindow)),
            SlidingPeriod = Whole(nameof(DecoderConfig.SlidingPeriod)),
            AttentionScale = Real(nameof(DecoderConfig.AttentionScale)),
            AttentionSoftcap = Real(nameof(DecoderConfig.AttentionSoftcap)),
            LogitSoftcap = Real(nameof(DecoderConfig.LogitSoftcap)),
            EmbeddingScale = Real(nameof(DecoderConfig.EmbeddingScale)),
            ResidualScale = Real(nameof(DecoderConfig.ResidualScale)),
            LogitDivisor = Real(nameof(DecoderConfig.LogitDivisor)),
            ParallelResidual = Is(nameof(DecoderConfig.ParallelResidual)),
            ExpertCount = Whole(nameof(DecoderConfig.ExpertCount)),
            ExpertUsedCount = Whole(nameof(DecoderConfig.ExpertUsedCount)),
            ExpertFeedForwardSize = Whole(nameof(DecoderConfig.ExpertFeedForwardSize)),
            SharedExpertCount = Whole(nameof(DecoderConfig.SharedExpertCount)),
            SharedFeedForwardSize = Whole(nameof(DecoderConfig.SharedFeedForwardSize)),
            LeadingDenseLayers = Whole(nameof(DecoderConfig.LeadingDenseLayers)),
            ExpertGating = (ExpertGating)Whole(nameof(DecoderConfig.ExpertGating)),
            ExpertWeightsNormalized = Is(nameof(DecoderConfig.ExpertWeightsNormalized)),
            ExpertWeightsScale = Real(nameof(DecoderConfig.ExpertWeightsScale)),
            ExpertGroupCount = Whole(nameof(DecoderConfig.ExpertGroupCount)),
            ExpertGroupUsedCount = Whole(nameof(DecoderConfig.ExpertGroupUsedCount)),
            QueryRank = Whole(nameof(DecoderConfig.QueryRank)),
            KeyValueRank = Whole(nameof(DecoderConfig.KeyValueRank)),
            LatentKeyDimension = Whole(nameof(DecoderConfig.LatentKeyDimension)),
            LatentValueDimension = Whole(nameof(DecoderConfig.LatentValueDimension)),
            TiedEmbeddings = Is(nameof(DecoderConfig.TiedEmbeddings)),
        };
    }
}
