namespace HafsModels.Measurement.Reports;

/// <summary>Nine steps from a smallest to a largest value; by powers where they span more than a factor of twenty.</summary>
internal sealed class ColourScale
{
    /// <summary>Number of steps.</summary>
    public const int Steps = 9;

    private const double WideSpan = 20;

    private readonly double low;
    private readonly double high;
    private readonly bool byPowers;

    private ColourScale(double low, double high)
    {
        this.low = low;
        this.high = high;
        byPowers = high > low * WideSpan;
    }

    /// <summary>Relative errors, from eight bits (0.4 %) to less than two (50 %): the same colour in every report.</summary>
    public static ColourScale RelativeErrors { get; } = new(0.004, 0.5);

    /// <summary>Spans the positive values.</summary>
    public static ColourScale Over(IEnumerable<double> values)
    {
        double[] positive = [.. values.Where(v => v > 0 && double.IsFinite(v))];
        return positive.Length == 0 ? new(0, 0) : new(positive.Min(), positive.Max());
    }

    /// <summary>Style of a value: <c>c0</c> to <c>c8</c>, <c>exact</c> for zero, <c>unknown</c> for what is no number.</summary>
    public string StyleOf(double value) => !double.IsFinite(value) ? "unknown" : value <= 0 ? "exact" : $"c{StepOf(value)}";

    /// <summary>Style of text on top of <see cref="StyleOf"/>.</summary>
    public string TextStyleOf(double value) => double.IsFinite(value) && value > 0 && StepOf(value) > Steps / 2 ? "cell on-high" : "cell on-low";

    /// <summary>The value at a share of the scale, 0 to 1.</summary>
    public double At(double share) => byPowers ? low * Math.Pow(high / low, share) : low + (high - low) * share;

    private int StepOf(double value)
    {
        double share = high <= low ? 0.5 : byPowers ? Math.Log(value / low) / Math.Log(high / low) : (value - low) / (high - low);
        return (int)Math.Clamp(share * Steps, 0, Steps - 1);
    }
}
