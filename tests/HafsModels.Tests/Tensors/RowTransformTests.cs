using HafsModels.Architectures;
using HafsModels.Tensors;
using Xunit;

namespace HafsModels.Tests.Tensors;

/// <summary>Wrappers over rows: any run of rows reads the same numbers as all rows at once, and those are the right ones.</summary>
public sealed class RowTransformTests
{
    private static readonly DecoderConfig Config = new()
    {
        Family = "test",
        LayerCount = 1,
        HiddenSize = 8,
        FeedForwardSize = 8,
        HeadCount = 4,
        KeyValueHeadCount = 2,
        HeadDimension = 4,
        VocabularySize = 8,
        ContextLength = 8,
        NormEpsilon = 1,
        RopeBase = 1,
        RopeDimension = 2,
        RopeInterleaved = false,
        TiedEmbeddings = false,
        KeyValueRank = 3,
        LatentKeyDimension = 5,
        LatentValueDimension = 4,
    };

    public static TheoryData<string> Names() => [.. RowTransforms.All.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Any_run_of_rows_is_that_part_of_the_whole(string name)
    {
        RowTransform transform = RowTransforms.All[name];
        Shape shape = name switch
        {
            "latent-keys" => new Shape(4, 3, 3),
            "latent-values" => new Shape(4, 4, 3),
            "ungroup-qkv" => new Shape(32, 8),
            "interleave-query-heads" or "interleave-key-heads" => new Shape(16, 8),
            _ => new Shape(3, 4, 8),
        };
        TensorRows rows = transform.Apply(new Counted(transform.SourceShape(shape, Config)), shape, Config);
        Assert.Equal(shape, rows.Shape);
        float[] all = Read(rows, 0, (int)rows.RowCount);
        for (int first = 0; first < rows.RowCount; first++)
        {
            for (int count = 1; first + count <= rows.RowCount; count++)
                Assert.Equal(all.AsSpan(first * rows.RowLength, count * rows.RowLength).ToArray(), Read(rows, first, count));
        }
    }

    [Fact]
    public void A_transposed_stack_has_rows_and_columns_of_each_matrix_exchanged() =>
        Assert.Equal([0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11], Apply("transpose", new Shape(2, 2, 3), new Shape(2, 3, 2)));

    [Fact]
    public void Fused_projections_are_ungrouped_into_queries_then_keys_then_values()
    {
        // Two groups of two queries, a key and a value; heads of four rows of one element.
        float[] expected = [.. Rows(0, 4), .. Rows(4, 4), .. Rows(16, 4), .. Rows(20, 4), .. Rows(8, 4), .. Rows(24, 4), .. Rows(12, 4), .. Rows(28, 4)];
        Assert.Equal(expected, Apply("ungroup-qkv", new Shape(32), new Shape(32)));

        static IEnumerable<float> Rows(int first, int count) => Enumerable.Range(first, count).Select(i => (float)i);
    }

    [Fact]
    public void Rows_that_take_turns_are_told_apart()
    {
        Assert.Equal([0, 1, 4, 5], Apply("even-rows", new Shape(4, 2), new Shape(2, 2)));
        Assert.Equal([2, 3, 6, 7], Apply("odd-rows", new Shape(4, 2), new Shape(2, 2)));
        Assert.Equal([1, 3, 5, 7], Apply("odd-columns", new Shape(2, 4), new Shape(2, 2)));
        Assert.Equal([1, 2, 3, 4], Apply("plus-one", new Shape(4), new Shape(4)));
    }

    [Fact]
    public void A_stack_reads_across_its_items()
    {
        var stack = new StackedRows([new Counted(new Shape(5, 3)), new Counted(new Shape(5, 3)), new Counted(new Shape(5, 3))]);
        for (int first = 0; first < 15; first++)
        {
            for (int count = 1; first + count <= 15; count++)
                Assert.Equal(Enumerable.Range(first * 3, count * 3).Select(i => (float)(i % 15)), Read(stack, first, count));
        }
    }

    [Fact]
    public void Packed_numbers_are_those_of_the_microscaling_specification()
    {
        // Codes 0 to 15 in order, low half first: 0, ½, 1, 1½, 2, 3, 4, 6 and their negatives; then the same again, times 2^(129 − 127).
        byte[] codes = [.. Enumerable.Range(0, 16).Select(i => (byte)(((2 * i % 16) + 1 << 4) | (2 * i % 16)))];
        float[] numbers = Read(new MicroscaledRows(new Bytes(codes, 16), new Bytes([129], 1), new Shape(1, 32)), 0, 1);
        float[] expected = [0, 2, 4, 6, 8, 12, 16, 24, 0, -2, -4, -6, -8, -12, -16, -24];
        Assert.Equal([.. expected, .. expected], numbers);
    }

    [Theory]
    [InlineData(6, 2)]
    [InlineData(2, 6)]
    [InlineData(4, 4)]
    public void Rows_of_another_length_hold_the_same_numbers(int from, int to)
    {
        var rows = new ReshapedRows(new Counted(new Shape(12, from)), new Shape(12 * from / to, to));
        for (int first = 0; first < rows.RowCount; first++)
            Assert.Equal(Enumerable.Range(first * to, (int)(rows.RowCount - first) * to).Select(i => (float)i), Read(rows, first, (int)rows.RowCount - first));
    }

    private static float[] Apply(string name, Shape source, Shape shape)
    {
        RowTransform transform = RowTransforms.All[name];
        Assert.Equal(source, transform.SourceShape(shape, Config));
        TensorRows rows = transform.Apply(new Counted(source), shape, Config);
        return Read(rows, 0, (int)rows.RowCount);
    }

    private static float[] Read(TensorRows rows, int first, int count)
    {
        var numbers = new float[count * rows.RowLength];
        rows.Read(first, numbers);
        return numbers;
    }

    private sealed class Bytes(byte[] bytes, int length) : TensorRows
    {
        public override Shape Shape { get; } = new(bytes.Length / length, length);

        public override long SourceBytesPerRow => length;

        public override void Read(long firstRow, Span<float> destination)
        {
            for (int i = 0; i < destination.Length; i++)
                destination[i] = bytes[(firstRow * RowLength) + i];
        }
    }

    // Every element is its own index.
    private sealed class Counted(Shape shape) : TensorRows
    {
        public override Shape Shape => shape;

        public override long SourceBytesPerRow => 0;

        public override void Read(long firstRow, Span<float> destination)
        {
            for (int i = 0; i < destination.Length; i++)
                destination[i] = (firstRow * RowLength) + i;
        }
    }
}
