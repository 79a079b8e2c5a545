using HafsModels.Architectures;
using HafsModels.Inference;
using HafsModels.Tensors;
using Xunit;

namespace HafsModels.Tests.Inference;

public class DecoderModelTests
{
    public static TheoryData<string, Func<DecoderConfig, DecoderConfig>> BadConfigs => new()
    {
        { "block_count", config => config with { LayerCount = 0 } },
        { "block_count", config => config with { LayerCount = int.MaxValue } },
        { "embedding_length", config => config with { HiddenSize = -256 } },
        { "attention.head_count ", config => config with { HeadCount = 0 } },
        { "attention.head_count_kv", config => config with { KeyValueHeadCount = 9 } },
        { "evenly", config => config with { KeyValueHeadCount = 3 } },
        { "pairs", config => config with { RopeDimension = 31 } },
        { "rope.dimension_count", config => config with { RopeDimension = 64 } },
        { "epsilon", config => config with { NormEpsilon = float.NaN } },
        { "rope.freq_base", config => config with { RopeBase = 0 } },
        { "context_length", config => config with { ContextLength = 0 } },
        { "vocab_size", config => config with { VocabularySize = int.MaxValue } },
        { "expert_count", config => config with { ExpertCount = 1 << 20, ExpertUsedCount = 1 << 20, ExpertFeedForwardSize = 1 } },
        { "experts of width", config => config with { ExpertCount = 1 << 12, ExpertUsedCount = 1, ExpertFeedForwardSize = 1 << 20 } },
        {
            "latent attention",
            config => config with
            {
                KeyValueHeadCount = 1, HeadCount = 1 << 14, KeyValueRank = 32, HeadDimension = 64, RopeDimension = 32, ValueDimension = 32, LatentKeyDimension = 1 << 17, LatentValueDimension = 32,
            }
        },
    };

    [Theory]
    [MemberData(nameof(BadConfigs))]
    public void A_size_that_makes_no_sense_is_named_before_anything_is_allocated(string named, Func<DecoderConfig, DecoderConfig> spoil)
    {
        HafsException error = Load(weights => weights.Config = spoil(weights.Config));
        Assert.Equal("BadDecoderConfig", error.Id);
        Assert.Contains(named, error.Message);
    }

    [Fact]
    public void A_missing_tensor_is_named()
    {
        HafsException error = Load(weights => weights.Roles.Remove("blk.2.ffn_up.weight"));
        Assert.Equal(("MissingTensor", "blk.2.ffn_up.weight"), (error.Id, error.Target));
    }

    [Fact]
    public void A_gate_that_the_activation_cannot_do_without_is_named_when_it_is_missing()
    {
        HafsException error = Load(weights =>
        {
            weights.Config = weights.Config with { Activation = ActivationKind.ClampedSwiGlu };
            weights.Roles.Remove("blk.0.ffn_gate.weight");
        });
        Assert.Equal(("MissingTensor", "blk.0.ffn_gate.weight"), (error.Id, error.Target));
    }

    [Fact]
    public void A_tensor_of_the_wrong_shape_is_named_with_both_shapes()
    {
        HafsException error = Load(weights => weights.Roles["blk.0.attn_k.weight"] = (GgmlType.BF16, new Shape(256, 128)));
        Assert.Equal("WrongTensorShape", error.Id);
        Assert.Contains("[256, 128]", error.Message);
        Assert.Contains("[128, 256]", error.Message);
    }

    [Fact]
    public void A_tensor_that_the_decoder_does_not_know_is_refused_instead_of_ignored()
    {
        HafsException error = Load(weights => weights.Roles["blk.1.ffn_gate_inp.weight"] = (GgmlType.F32, new Shape(4, 256)));
        Assert.Equal(("UnknownDecoderTensor", ErrorKind.Unsupported), (error.Id, error.Kind));
        Assert.Contains("blk.1.ffn_gate_inp.weight", error.Message);
    }

    private static HafsException Load(Action<SpoiledWeights> spoil)
    {
        var weights = new SpoiledWeights(TestCheckpoint.Weights("kjv-llama"));
        spoil(weights);
        return Assert.Throws<HafsException>(() => new Decoder(new Facade(weights), 1, default));
    }

    private sealed class SpoiledWeights(DecoderWeights source)
    {
        public DecoderWeights Source => source;

        public DecoderConfig Config { get; set; } = source.Config;

        public Dictionary<string, (GgmlType, Shape)> Roles { get; } = source.Roles.ToDictionary();
    }

    private sealed class Facade(SpoiledWeights spoiled) : DecoderWeights
    {
        public override string Name => "spoiled";

        public override DecoderConfig Config => spoiled.Config;

        public override IReadOnlyDictionary<string, (GgmlType Type, Shape Shape)> Roles => spoiled.Roles;

        public override void Read(string role, long firstRow, Span<byte> rows) => spoiled.Source.Read(role, firstRow, rows);
    }
}
