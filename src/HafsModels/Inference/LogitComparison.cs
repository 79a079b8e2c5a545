using System.Numerics;
using HafsModels.Inference.Kernels;

namespace HafsModels.Inference;

/// <summary>What two models say about one next token; probabilities in double.</summary>
/// <param name="SourceLoss">Negative log-likelihood of the token by the source, nats.</param>
/// <param name="ResultLoss">Negative log-likelihood of the token by the result, nats.</param>
/// <param name="Divergence">Kullback-Leibler divergence of the result from the source, nats.</param>
/// <param name="SameFirst">Whether both put the same token first.</param>
internal readonly record struct LogitComparison(double SourceLoss, double ResultLoss, double Divergence, bool SameFirst)
{
    /// <summary>Compares.</summary>
    /// <param name="source">Logits by the source.</param>
    /// <param name="result">Logits by the result.</param>
    /// <param name="target">The token that comes next.</param>
    public static LogitComparison Of(ReadOnlySpan<float> source, ReadOnlySpan<float> result, int target)
    {
        // With p = e^(s − S) and q = e^(r − R): the sum of p·log(p/q) is the sum of p·(s − r), less S − R.
        float largest = VectorMath.Max(source);
        (double sum, double weighted) = SumExp(source, result, largest);
        double sourceTotal = largest + Math.Log(sum);
        double resultTotal = LogSumExp(result);
        return new LogitComparison(
            sourceTotal - source[target],
            resultTotal - result[target],
            Math.Max(0, (weighted / sum) - (sourceTotal - resultTotal)),
            VectorMath.IndexOfMax(source) == VectorMath.IndexOfMax(result));
    }

    /// <summary>Logarithm of the sum of exponentials.</summary>
    public static double LogSumExp(ReadOnlySpan<float> logits)
    {
        float largest = VectorMath.Max(logits);
        return largest + Math.Log(SumExp(logits, logits, largest).Sum);
    }

    private static (double Sum, double Weighted) SumExp(ReadOnlySpan<float> source, ReadOnlySpan<float> result, float largest)
    {
        var shift = new Vector<double>(largest);
        Vector<double> sums = default, weighted = default;
        int i = 0;
        for (; i <= source.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector.Widen(new Vector<float>(source[i..]), out Vector<double> s0, out Vector<double> s1);
            Vector.Widen(new Vector<float>(result[i..]), out Vector<double> r0, out Vector<double> r1);
            Vector<double> e0 = Vector.Exp(s0 - shift), e1 = Vector.Exp(s1 - shift);
            sums += e0 + e1;
            weighted += (e0 * (s0 - r0)) + (e1 * (s1 - r1));
        }

        double sum = Vector.Sum(sums), weightedSum = Vector.Sum(weighted);
        for (; i < source.Length; i++)
        {
            double e = Math.Exp((double)source[i] - largest);
            sum += e;
            weightedSum += e * ((double)source[i] - result[i]);
        }

        return (sum, weightedSum);
    }
}
