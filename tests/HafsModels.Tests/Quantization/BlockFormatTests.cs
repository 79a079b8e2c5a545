using FsCheck;
using FsCheck.Fluent;
using HafsModels.Quantization;
using HafsModels.Quantization.Lanes;
using HafsModels.Tensors;
using Xunit;

namespace HafsModels.Tests.Quantization;

/// <summary>What holds for every block format, without a peer.</summary>
public class BlockFormatTests
{
    public static TheoryData<GgmlType> Types() => [.. BlockFormats.All.Select(f => f.Type)];

    [Fact]
    public void Each_type_is_listed_once_with_the_geometry_of_its_table()
    {
        Assert.Equal(BlockFormats.All.Count, BlockFormats.All.Select(f => f.Type).Distinct().Count());
        foreach (BlockFormat format in BlockFormats.All)
        {
            Assert.Equal((format.BlockElements, format.BlockBytes), GgmlTypes.BlockOf(format.Type));
            Assert.Equal(format.Type.ToString(), format.GetType().Name);
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Encodes_and_decodes_to_the_golden_hashes_of_libggml(GgmlType type)
    {
        BlockFormat format = BlockFormats.Get(type);
        IReadOnlyList<(string Case, string Hashes)> cases = KernelGoldens.Of(format);
        Assert.InRange(cases.Count, 10, 30);
        foreach ((string name, string hashes) in cases)
            Assert.Equal($"{name}: {hashes}", $"{name}: {KernelGoldens.Hashes(format, name, LaneWidths.Widest)}");
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Every_vector_width_encodes_the_bytes_of_the_scalar_definition(GgmlType type)
    {
        BlockFormat format = BlockFormats.Get(type);
        Prop.ForAll(Rows(), sample =>
        {
            foreach (float[] importance in format.NeedsImportance ? [sample.Importance] : (float[][])[[], sample.Importance])
            {
                byte[] expected = new byte[sample.Numbers.Length / format.BlockElements * format.BlockBytes], actual = new byte[expected.Length];
                format.Encode(LaneWidth.One, sample.Numbers, sample.RowLength, importance, expected);
                foreach (LaneWidth width in LaneWidths.Supported)
                {
                    format.Encode(width, sample.Numbers, sample.RowLength, importance, actual);
                    Blocks.AssertEqual(format, expected, actual, $"width {width}, {sample}");
                }
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(8));
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Decoding_stays_within_the_error_its_bits_allow(GgmlType type)
    {
        BlockFormat format = BlockFormats.Get(type);
        float[] rows = Distribution.All[0].Make(256 * 40, seed: 5), decoded = new float[rows.Length], importance = new float[256];
        Array.Fill(importance, 1);
        byte[] blocks = new byte[rows.Length / format.BlockElements * format.BlockBytes];
        format.Encode(rows, 256, format.NeedsImportance ? importance : [], blocks);
        format.Decode(blocks, decoded);
        double error = Math.Sqrt(rows.Zip(decoded, (a, b) => Math.Pow(a - b, 2)).Sum() / rows.Sum(a => Math.Pow(a, 2)));

        // An optimal scalar quantizer of normal numbers halves its error with every bit; ours pays a little for its scales. Ternary types are not for such numbers.
        double bound = type is GgmlType.TQ1_0 or GgmlType.TQ2_0 ? 1.1 : 2.8 * Math.Pow(2, -format.BitsPerWeight) + 0.002;
        Assert.True(error < bound, $"{type}: relative error {error:F5} is not below {bound:F5}");
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Encoding_what_was_decoded_changes_little(GgmlType type)
    {
        BlockFormat format = BlockFormats.Get(type);
        float[] rows = Distribution.All[0].Make(256 * 8, seed: 6), once = new float[rows.Length], twice = new float[rows.Length], importance = new float[256];
        Array.Fill(importance, 1);
        byte[] blocks = new byte[rows.Length / format.BlockElements * format.BlockBytes];
        format.Encode(rows, 256, format.NeedsImportance ? importance : [], blocks);
        format.Decode(blocks, once);
        format.Encode(once, 256, format.NeedsImportance ? importance : [], blocks);
        format.Decode(blocks, twice);
        double first = Math.Sqrt(rows.Zip(once, (a, b) => Math.Pow(a - b, 2)).Sum()), second = Math.Sqrt(once.Zip(twice, (a, b) => Math.Pow(a - b, 2)).Sum());
        Assert.True(second <= first, $"{type}: the second encoding lost {second:G4}, the first {first:G4}");
    }

    [Fact]
    public void Types_that_need_importance_say_so()
    {
        BlockFormat format = BlockFormats.Get(GgmlType.IQ2_XXS);
        HafsException error = Assert.Throws<HafsException>(() => format.Encode(new float[256], 256, [], new byte[format.BlockBytes]));
        Assert.Equal("ImportanceRequired", error.Id);
    }

    [Theory]
    [InlineData(255, 256, 0, 144)]
    [InlineData(512, 384, 0, 288)]
    [InlineData(256, 256, 255, 144)]
    [InlineData(256, 256, 0, 143)]
    public void Sizes_that_do_not_fit_are_refused(int elements, int rowLength, int importance, int bytes)
        => Assert.Throws<ArgumentException>(() => BlockFormats.Get(GgmlType.Q4_K).Encode(new float[elements], rowLength, new float[importance], new byte[bytes]));

    // One to five rows of one to three super-blocks; blocks are of any magnitude, some constant, some with zeros.
    private static Arbitrary<Sample> Rows()
    {
        Gen<float[]> block =
            from exponent in Gen.Choose(-30, 12)
            from offset in Gen.Elements(0f, 0f, 1f, -3f)
            from zeros in Gen.Elements(0, 0, 3, 10)
            from numbers in Gen.Choose(-1000000, 1000000).ArrayOf(256)
            select numbers.Select((n, i) => zeros != 0 && n % zeros == 0 ? 0f : MathF.ScaleB(n / 1000000f + offset, exponent)).ToArray();
        Gen<Sample> sample =
            from blocks in Gen.Choose(1, 3)
            from rows in Gen.Choose(1, 5)
            from numbers in block.ArrayOf(blocks * rows)
            from importance in Gen.Choose(0, 1000).ArrayOf(blocks * 256)
            select new Sample(blocks * 256, [.. numbers.SelectMany(b => b)], [.. importance.Select(i => i * i / 1000f)]);
        return sample.ToArbitrary();
    }

    private sealed record Sample(int RowLength, float[] Numbers, float[] Importance);
}
