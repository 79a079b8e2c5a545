using HafsModels.Quantization;
using HafsModels.Tensors;
using Xunit;

namespace HafsModels.Tests.Quantization;

/// <summary>The controls over tensor types, against the real llama-quantize.</summary>
public class TensorTypeControlTests
{
    private static readonly (string Arguments, Func<QuantizationOptions, QuantizationOptions> Apply)[] Controls =
    [
        ("--pure", o => o with { Pure = true }),
        ("--leave-output-tensor", o => o with { LeaveOutput = true }),
        ("--leave-output-tensor --output-tensor-type Q8_0", o => o with { LeaveOutput = true, OutputType = GgmlType.Q8_0 }),
        ("--output-tensor-type q5_1", o => o with { OutputType = GgmlType.Q5_1 }),
        ("--token-embedding-type Q5_0", o => o with { EmbeddingType = GgmlType.Q5_0 }),
        ("--token-embedding-type Q5_0 --output-tensor-type F16", o => o with { EmbeddingType = GgmlType.Q5_0, OutputType = GgmlType.F16 }),
        ("--pure --output-tensor-type Q8_0 --token-embedding-type BF16", o => o with { Pure = true, OutputType = GgmlType.Q8_0, EmbeddingType = GgmlType.BF16 }),
        ("--pure --output-tensor-type Q8_0", o => o with { Pure = true, OutputType = GgmlType.Q8_0 }),
        ("--tensor-type ffn_down=Q6_K", o => Types(o, "ffn_down=Q6_K")),
        ("--tensor-type FFN_DOWN=q2_k --pure", o => Types(o, "FFN_DOWN=q2_k") with { Pure = true }),
        ("--tensor-type attn_v=q8_0 --tensor-type attn=q5_k", o => Types(o, "attn_v=q8_0", "attn=q5_k")),
        ("--tensor-type attn=q5_k --tensor-type attn_v=q8_0", o => Types(o, "attn=q5_k", "attn_v=q8_0")),
        ("--tensor-type blk.0=q4_k", o => Types(o, "blk.0=q4_k")),
        ("--tensor-type blk\\.[1-3]\\.(attn|ffn)_=iq4_xs", o => Types(o, "blk\\.[1-3]\\.(attn|ffn)_=iq4_xs")),
        ("--tensor-type [[:digit:]]\\.attn_(q|qkv)\\.w=F32", o => Types(o, "[[:digit:]]\\.attn_(q|qkv)\\.w=F32")),
        ("--tensor-type blk\\.\\D\\.ffn_up=q3_k", o => Types(o, "blk\\.\\D\\.ffn_up=q3_k")),
        ("--tensor-type ^output=q4_0 --tensor-type token_embd=q8_0", o => Types(o, "^output=q4_0", "token_embd=q8_0")),
        ("--tensor-type ^output=q4_0 --output-tensor-type iq4_nl", o => Types(o, "^output=q4_0") with { OutputType = GgmlType.IQ4_NL }),
        ("--tensor-type .*=mxfp4", o => Types(o, ".*=mxfp4")),
        ("--tensor-type norm=q8_0 --tensor-type gate_inp=q8_0", o => Types(o, "norm=q8_0", "gate_inp=q8_0")),
    ];

    private static readonly string[] RecipeNames = ["F16", "Q4_K_M", "Q3_K_M", "IQ3_XS", "IQ2_M", "MXFP4_MOE"];

    public static TheoryData<string> Cases =>
    [
        "llama, 7 blocks, shared by 2", "llama, 16 blocks, tied, shared by 4", "llama, rows of 32, not of 256", "llama, rows of 32, not of 256, tied",
        "mixtral, 24 blocks, 4 experts, not shared", "qwen2, 24 blocks, tied", "phi3, 32 blocks, fused, shared by 2",
    ];

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void Every_control_changes_the_types_that_it_changes_in_llama_quantize(string name)
    {
        string tools = Peers.LlamaBin, folder = Directory.CreateTempSubdirectory("hafs-controls-").FullName;
        RecipeCase model = RecipeCase.All.Single(c => c.Name == name);
        try
        {
            string source = Path.Combine(folder, "model.gguf");
            model.Write(source);
            foreach (string recipe in RecipeNames)
            {
                foreach ((string arguments, Func<QuantizationOptions, QuantizationOptions> apply) in Controls)
                {
                    (Dictionary<string, GgmlType> types, _) = LlamaQuantize.Plan(tools, source, recipe, null, arguments.Split(' '));
                    string expected = model.Describe((role, _) => types.GetValueOrDefault(role, GgmlType.F32));
                    Assert.Equal($"{recipe} {arguments}: {expected}", $"{recipe} {arguments}: {model.Describe(apply(new(Recipes.Get(recipe))))}");
                }
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void An_exact_choice_goes_before_patterns_and_recipe()
    {
        RecipeTensor[] tensors = [new("blk.0.attn_q.weight", new(256, 256), GgmlType.F32), new("blk.1.attn_q.weight", new(256, 256), GgmlType.F32), new("blk.1.attn_norm.weight", new(256), GgmlType.F32)];
        QuantizationOptions options = Types(new(Recipes.Get("Q4_K_M")), "attn=Q8_0") with
        {
            ExactTypes = new Dictionary<string, GgmlType> { ["blk.1.attn_q.weight"] = GgmlType.Q2_K, ["blk.1.attn_norm.weight"] = GgmlType.Q2_K },
        };
        Assert.Equal([GgmlType.Q8_0, GgmlType.Q2_K, GgmlType.F32], options.TypesFor(tensors, new(2, 4, 4, TiedEmbeddings: false)));
    }

    [Fact]
    public void A_copy_keeps_every_type() =>
        Assert.Equal([GgmlType.Q4_0], new QuantizationOptions(Recipes.Copy) { Pure = true, OutputType = GgmlType.F16 }
            .TypesFor([new("output.weight", new(64, 64), GgmlType.Q4_0)], new(1, 1, 1, TiedEmbeddings: false)));

    [Fact]
    public void A_type_that_was_asked_for_and_does_not_fit_is_refused()
    {
        HafsException error = Assert.Throws<HafsException>(() => new QuantizationOptions(Recipes.Get("Q8_0")) { OutputType = GgmlType.Q6_K }
            .TypesFor([new("output.weight", new(64, 288), GgmlType.F32)], new(1, 1, 1, TiedEmbeddings: false)));
        Assert.Equal("RowNotWholeBlocks", error.Id);
        Assert.Contains("288", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ffn_down", "TensorTypePattern")]
    [InlineData("=Q8_0", "TensorTypePattern")]
    [InlineData("(=Q8_0", "TensorTypePattern")]
    [InlineData("ffn_down=Q8_9", "UnknownGgmlType")]
    [InlineData("ffn_down=q8_k", "UnknownGgmlType")]
    [InlineData("a=b=Q8_0", "UnknownGgmlType")]
    public void A_rule_that_makes_no_sense_is_refused(string rule, string id) =>
        Assert.Equal(id, Assert.Throws<HafsException>(() => TensorTypeRule.Parse(rule)).Id);

    [Fact]
    public void A_pattern_that_never_ends_is_refused()
    {
        TensorTypeRule rule = TensorTypeRule.Parse("(a+)+$=Q8_0");
        Assert.Equal("TensorTypePattern", Assert.Throws<HafsException>(() => rule.Matches(new string('a', 60) + "!")).Id);
    }

    private static QuantizationOptions Types(QuantizationOptions options, params string[] rules) => options with { TensorTypes = [.. rules.Select(TensorTypeRule.Parse)] };
}
