using HafsModels.Quantization.Lanes;

namespace HafsModels.Quantization;

/// <summary>How Q4_K and Q5_K weigh errors without an importance matrix: root mean square of the sub-block plus |x|.</summary>
internal static class MagnitudeWeights
{
    private const int SubBlock = 32;

    /// <summary>Computes the weights of one sub-block.</summary>
    public static void Weigh(ReadOnlySpan<float> x, Span<float> weights)
    {
        float rootMeanSquare = MathF.Sqrt(Importance.SumOfSquares(x) / SubBlock);
        for (int i = 0; i < SubBlock; i++)
            weights[i] = rootMeanSquare + MathF.Abs(x[i]);
    }

    /// <summary>The same for one sub-block a lane; rows as in <see cref="Search.IScaleMinRule.Weigh{V}"/>.</summary>
    public static unsafe void Weigh<V>(float* rows, int stride)
        where V : struct, ILanes<V>
    {
        V sum = V.Zero;
        for (int i = 0; i < SubBlock; i++)
        {
            V x = V.Load(rows + i * stride);
            sum += x * x;
        }

        V rootMeanSquare = V.Sqrt(sum / V.Create(SubBlock));
        for (int i = 0; i < SubBlock; i++)
            V.Store(rootMeanSquare + V.Abs(V.Load(rows + i * stride)), rows + i * stride + V.Count);
    }
}
