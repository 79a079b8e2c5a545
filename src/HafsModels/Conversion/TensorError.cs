using HafsModels.Quantization;
using HafsModels.Tensors;

namespace HafsModels.Conversion;

/// <summary>What one tensor loses by the way it is stored.</summary>
public sealed record TensorError
{
    /// <summary>Name in GGUF, such as <c>blk.3.ffn_down.weight</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Recipe that stores it so.</summary>
    public string Quantization { get; init; } = "";

    /// <summary>How it is stored.</summary>
    public required GgmlType Type { get; init; }

    /// <summary>Dimensions, outermost first.</summary>
    public required Shape Shape { get; init; }

    /// <summary>Bytes it takes.</summary>
    public required long Bytes { get; init; }

    /// <summary>Storage cost, bits per weight.</summary>
    public double BitsPerWeight => Shape.ElementCount == 0 ? 0 : 8.0 * Bytes / Shape.ElementCount;

    /// <summary>Root of the mean squared difference from the source, in the unit of the weights.</summary>
    public required double RootMeanSquareError { get; init; }

    /// <summary><see cref="RootMeanSquareError"/> as a share of the root mean square of the source: 0 is exact, 0.07 is usual for four bits.</summary>
    public required double RelativeError { get; init; }

    /// <summary><see cref="RelativeError"/> with each column's square counted by its importance; null without an importance matrix.</summary>
    public double? WeightedRelativeError { get; init; }

    /// <summary>Signal to noise, decibels: −20·log₁₀ of <see cref="RelativeError"/>; infinite where nothing is lost.</summary>
    public double SignalToNoise => -20 * Math.Log10(RelativeError);

    /// <summary>Largest absolute difference of a single weight.</summary>
    public required double MaxError { get; init; }

    /// <summary>Cosine of the angle between the tensor and its source; 1 is the same direction.</summary>
    public required double Cosine { get; init; }

    /// <summary>Numbers compared: all of the tensor, or those of the rows that were sampled.</summary>
    public required long ComparedElements { get; init; }

    /// <summary>
    /// How far the model's answers move when only this tensor is stored so: mean Kullback-Leibler divergence from the source, nats per token;
    /// null when it was not measured.
    /// </summary>
    public double? KlDivergence { get; init; }

    /// <summary>Number of the block, or null for a tensor outside of blocks.</summary>
    public int? Layer => RecipeTensors.BlockOf(Name) is >= 0 and int layer ? layer : null;

    /// <summary>What the tensor is for: its name without block and <c>.weight</c>, such as <c>ffn_down</c>.</summary>
    public string Role => RecipeTensors.ShortName(Name);

    /// <summary>Takes the numbers of a comparison.</summary>
    /// <param name="name">Name in GGUF.</param>
    /// <param name="type">How it is stored.</param>
    /// <param name="shape">Dimensions, outermost first.</param>
    /// <param name="sums">The comparison.</param>
    public static TensorError From(string name, GgmlType type, Shape shape, in ErrorSums sums)
    {
        ArgumentNullException.ThrowIfNull(shape);
        return new TensorError
        {
            Name = name,
            Type = type,
            Shape = shape,
            Bytes = type.RowBytes(shape.RowLength) * shape.RowCount,
            RootMeanSquareError = sums.RootMeanSquare,
            RelativeError = sums.SourceSquares > 0 ? Math.Sqrt(sums.ErrorSquares / sums.SourceSquares) : 0,
            WeightedRelativeError = sums.WeightedSourceSquares > 0 ? Math.Sqrt(sums.WeightedErrorSquares / sums.WeightedSourceSquares) : null,
            MaxError = sums.MaxError,
            Cosine = sums.Cosine,
            ComparedElements = sums.Count,
        };
    }
}
