using HafsModels.Inference.Kernels;
using Xunit;

namespace HafsModels.Tests.Inference;

public class AttentionKernelTests
{
    public static TheoryData<int, int> Sizes
    {
        get
        {
            var sizes = new TheoryData<int, int>();
            foreach (int width in (int[])[1, 7, 8, 20, 64, 80, 128, 203])
            {
                foreach (int count in (int[])[0, 1, 3, 4, 11, 64])
                    sizes.Add(width, count);
            }

            return sizes;
        }
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Scores_are_the_scalar_products_times_the_factor(int width, int count)
    {
        float[] query = Numbers(width, 1), keys = Numbers(width * count, 2), scores = new float[count];
        AttentionKernel.Score(query, keys, 0.125f, scores);
        for (int key = 0; key < count; key++)
            Assert.Equal(0.125 * query.Select((q, i) => (double)q * keys[(key * width) + i]).Sum(), scores[key], 1e-6 * width);
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Weighted_values_are_added_to_what_is_there(int width, int count)
    {
        float[] weights = Numbers(count, 3), values = Numbers(width * count, 4), before = Numbers(width, 5), sum = [.. before];
        AttentionKernel.AddWeighted(weights, values, sum);
        for (int i = 0; i < width; i++)
            Assert.Equal(before[i] + weights.Select((w, v) => (double)w * values[(v * width) + i]).Sum(), sum[i], 1e-6 * (count + 1));
    }

    [Fact]
    public void Fewer_keys_or_values_than_there_are_numbers_for_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => AttentionKernel.Score(new float[8], new float[31], 1, new float[4]));
        Assert.Throws<ArgumentOutOfRangeException>(() => AttentionKernel.AddWeighted(new float[4], new float[31], new float[8]));
    }

    private static float[] Numbers(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (random.NextSingle() * 2) - 1)];
    }
}
