using HafsModels.Architectures;

namespace HafsModels.Inference;

/// <summary>What must hold of sizes before anything is allocated from them.</summary>
internal static class DecoderConfigRules
{
    private const int MaxLayers = 1024;
    private const int MaxWidth = 1 << 20;
    private const int MaxVocabulary = 1 << 24;
    private const int MaxContext = 1 << 28;
    private const int MaxExperts = 1 << 12;

    /// <summary>Checks a configuration.</summary>
    /// <exception cref="HafsException">A size is out of range or does not fit another.</exception>
    public static void Check(DecoderConfig config, string name)
    {
        Range(config.LayerCount, MaxLayers, "block_count");
        Range(config.HiddenSize, MaxWidth, "embedding_length");
        Range(config.FeedForwardSize, MaxWidth, "feed_forward_length");
        Range(config.HeadCount, MaxWidth, "attention.head_count");
        Range(config.KeyValueHeadCount, config.HeadCount, "attention.head_count_kv");
        Range(config.HeadDimension, MaxWidth, "attention.key_length");
        Range(config.VocabularySize, MaxVocabulary, "vocab_size");
        Range(config.ContextLength, MaxContext, "context_length");
        Rule(config.RopeDimension >= 0 && config.RopeDimension <= config.HeadDimension, $"rope.dimension_count is {config.RopeDimension:N0}; 0 to {config.HeadDimension:N0} are allowed");
        Rule(config.ValueDimension >= 0 && (long)config.HeadCount * config.ValueDimension <= MaxWidth, $"attention.value_length is {config.ValueDimension:N0}; {config.HeadCount} heads of it are more than {MaxWidth:N0} elements");
        Rule(config.ExpertCount is >= 0 and <= MaxExperts, $"expert_count is {config.ExpertCount:N0}; 0 to {MaxExperts:N0} are allowed");
        Rule(config.ExpertUsedCount >= 0 && config.ExpertUsedCount <= config.ExpertCount, $"expert_used_count is {config.ExpertUsedCount:N0} of {config.ExpertCount:N0} experts");
        Rule(config.ExpertCount == 0 || config.ExpertUsedCount > 0, $"expert_used_count is 0 of {config.ExpertCount:N0} experts");
        Rule(config.ExpertFeedForwardSize <= MaxWidth && config.SharedFeedForwardSize <= MaxWidth, $"experts of width {Math.Max(config.ExpertFeedForwardSize, config.SharedFeedForwardSize):N0} are wider than {MaxWidth:N0}");
        Rule((long)config.ExpertCount * Math.Max(config.ExpertFeedForwardSize, config.HiddenSize) <= int.MaxValue, $"{config.ExpertCount:N0} experts of width {config.ExpertFeedForwardSize:N0} have more than {int.MaxValue:N0} rows");
        Rule(
            config.ExpertGroupCount <= 1 || (config.ExpertCount % config.ExpertGroupCount == 0 && config.ExpertGroupUsedCount >= 1 && config.ExpertGroupUsedCount <= config.ExpertGroupCount && config.ExpertUsedCount <= config.ExpertCount / config.ExpertGroupCount * config.ExpertGroupUsedCount),
            $"{config.ExpertCount} experts in {config.ExpertGroupCount} groups, of which {config.ExpertGroupUsedCount} are used, do not fit");
        Rule(
            config.KeyValueRank == 0 || (config.KeyValueHeadCount == 1 && config.LatentKeyDimension > config.RopeDimension && config.LatentValueDimension > 0 && config.HeadDimension == config.KeyValueRank + config.RopeDimension && config.ValueWidth == config.KeyValueRank && config.QueryRank <= MaxWidth && config.LatentKeyDimension <= MaxWidth && config.LatentValueDimension <= MaxWidth),
            $"latent attention of rank {config.KeyValueRank} with {config.KeyValueHeadCount} key/value heads (1 is allowed), keys of {config.LatentKeyDimension} and values of {config.LatentValueDimension} elements, {config.RopeDimension} of them rotated, do not fit");
        Rule(
            config.KeyValueRank == 0 || (long)config.HeadCount * Math.Max(config.LatentKeyDimension, config.LatentValueDimension) <= MaxWidth,
            $"latent attention of {config.HeadCount} heads with keys of {config.LatentKeyDimension} and values of {config.LatentValueDimension} elements: more than {MaxWidth:N0} elements");
        Rule((long)config.HeadCount * config.HeadDimension <= MaxWidth, $"{config.HeadCount} heads of {config.HeadDimension} elements are more than {MaxWidth:N0} elements");
        Rule(config.HeadCount % config.KeyValueHeadCount == 0, $"{config.HeadCount} query heads cannot share {config.KeyValueHeadCount} key/value heads evenly");
        Rule(config.RopeDimension % 2 == 0, $"rope.dimension_count is {config.RopeDimension}; rotation takes pairs");
        Rule(float.IsFinite(config.NormEpsilon) && config.NormEpsilon >= 0, $"the norm's epsilon is {config.NormEpsilon}; it must be finite and not negative");
        Rule(float.IsFinite(config.RopeBase) && config.RopeBase > 0, $"rope.freq_base is {config.RopeBase}; it must be finite and positive");

        void Range(int value, int largest, string key) => Rule(value >= 1 && value <= largest, $"{key} is {value:N0}; 1 to {largest:N0} are allowed");

        void Rule(bool holds, string message)
        {
            if (!holds)
                throw new HafsException(ErrorKind.InvalidData, "BadDecoderConfig", $"{name}: {message}", name);
        }
    }
}
