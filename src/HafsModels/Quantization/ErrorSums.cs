using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace HafsModels.Quantization;

/// <summary>
/// What is lost between numbers and what their encoding decodes to, as sums in double. Sums of parts merge into those of the whole; merged in
/// one order they give one result, whatever the CPU and whoever computed the parts.
/// </summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct ErrorSums
{
    /// <summary>Numbers compared.</summary>
    public long Count { get; init; }

    /// <summary>Sum of the squares of the source.</summary>
    public double SourceSquares { get; init; }

    /// <summary>Sum of the squares of what was decoded.</summary>
    public double DecodedSquares { get; init; }

    /// <summary>Sum of the products of both.</summary>
    public double Products { get; init; }

    /// <summary>Sum of the squared differences.</summary>
    public double ErrorSquares { get; init; }

    /// <summary>Sum of the squared differences, each times the importance of its column; 0 where there is none.</summary>
    public double WeightedErrorSquares { get; init; }

    /// <summary>Sum of the squares of the source, each times the importance of its column; 0 where there is none.</summary>
    public double WeightedSourceSquares { get; init; }

    /// <summary>Largest absolute difference.</summary>
    public double MaxError { get; init; }

    /// <summary>Root of the mean squared difference, in the unit of the weights.</summary>
    public double RootMeanSquare => Count == 0 ? 0 : Math.Sqrt(ErrorSquares / Count);

    /// <summary>Squared differences as a share of the squares of the source; of the weighted ones where there is an importance.</summary>
    public double RelativeSquares => WeightedSourceSquares > 0 ? WeightedErrorSquares / WeightedSourceSquares : SourceSquares > 0 ? ErrorSquares / SourceSquares : 0;

    /// <summary>Cosine of the angle between source and decoded numbers; 1 for numbers that are all zero on both sides.</summary>
    public double Cosine => SourceSquares == 0 && DecodedSquares == 0 ? 1 : Products / Math.Sqrt(SourceSquares * DecodedSquares);

    /// <summary>Compares rows.</summary>
    /// <param name="source">The numbers, row after row.</param>
    /// <param name="decoded">What their encoding decodes to; as long.</param>
    /// <param name="rowLength">Elements in a row.</param>
    /// <param name="importance">One weight for each column, or empty.</param>
    public static ErrorSums Of(ReadOnlySpan<float> source, ReadOnlySpan<float> decoded, int rowLength, ReadOnlySpan<float> importance)
    {
        if (source.Length != decoded.Length || source.Length % rowLength != 0)
            throw new ArgumentException($"{source.Length} and {decoded.Length} elements are not the same rows of {rowLength}");
        ErrorSums sums = default;
        for (; !source.IsEmpty; source = source[rowLength..], decoded = decoded[rowLength..])
            sums = sums.Merge(OfRow(source[..rowLength], decoded[..rowLength], importance));
        return sums;
    }

    /// <summary>The sums of both parts.</summary>
    public ErrorSums Merge(in ErrorSums other) => new()
    {
        Count = Count + other.Count,
        SourceSquares = SourceSquares + other.SourceSquares,
        DecodedSquares = DecodedSquares + other.DecodedSquares,
        Products = Products + other.Products,
        ErrorSquares = ErrorSquares + other.ErrorSquares,
        WeightedErrorSquares = WeightedErrorSquares + other.WeightedErrorSquares,
        WeightedSourceSquares = WeightedSourceSquares + other.WeightedSourceSquares,
        MaxError = Math.Max(MaxError, other.MaxError),
    };

    // Eight lanes whatever the CPU has: the order of the sums is part of the result.
    private static ErrorSums OfRow(ReadOnlySpan<float> source, ReadOnlySpan<float> decoded, ReadOnlySpan<float> importance)
    {
        const int Lanes = 8;
        Vector512<double> xx = default, yy = default, xy = default, ee = default, wee = default, wxx = default, largest = default;
        int i = 0;
        for (; i <= source.Length - Lanes; i += Lanes)
        {
            Vector512<double> x = Widen(source[i..]), y = Widen(decoded[i..]), e = x - y;
            xx += x * x;
            yy += y * y;
            xy += x * y;
            ee += e * e;
            largest = Vector512.Max(largest, Vector512.Abs(e));
            if (importance.IsEmpty)
                continue;
            Vector512<double> w = Widen(importance[i..]);
            wee += w * e * e;
            wxx += w * x * x;
        }

        double max = 0;
        for (int lane = 0; lane < Lanes; lane++)
            max = Math.Max(max, largest[lane]);
        double sxx = Sum(xx), syy = Sum(yy), sxy = Sum(xy), see = Sum(ee), swee = Sum(wee), swxx = Sum(wxx);
        for (; i < source.Length; i++)
        {
            double x = source[i], y = decoded[i], e = x - y, w = importance.IsEmpty ? 0 : importance[i];
            sxx += x * x;
            syy += y * y;
            sxy += x * y;
            see += e * e;
            swee += w * e * e;
            swxx += w * x * x;
            max = Math.Max(max, Math.Abs(e));
        }

        return new ErrorSums
        {
            Count = source.Length,
            SourceSquares = sxx,
            DecodedSquares = syy,
            Products = sxy,
            ErrorSquares = see,
            WeightedErrorSquares = swee,
            WeightedSourceSquares = swxx,
            MaxError = max,
        };
    }

    private static Vector512<double> Widen(ReadOnlySpan<float> numbers)
    {
        Vector256<float> eight = Vector256.Create(numbers);
        return Vector512.Create(Vector256.WidenLower(eight), Vector256.WidenUpper(eight));
    }

    private static double Sum(Vector512<double> lanes)
    {
        double sum = 0;
        for (int lane = 0; lane < Vector512<double>.Count; lane++)
            sum += lanes[lane];
        return sum;
    }
}
