namespace HafsModels.Architectures;

/// <summary>A number of a <see cref="DecoderConfig"/> that a family's data can name.</summary>
/// <param name="Name">Name of the property.</param>
/// <param name="Read">How to read it back.</param>
/// <param name="Default">Formula for a source that states nothing, or null when it must be stated.</param>
/// <param name="Minimum">Smallest value allowed.</param>
/// <param name="Maximum">Largest value allowed.</param>
internal sealed record DecoderValue(string Name, Func<DecoderConfig, double> Read, string? Default = "0", double Minimum = 0, double Maximum = int.MaxValue)
{
    /// <summary>Whether it must be a whole number.</summary>
    public bool IsWhole { get; init; } = true;

    /// <summary>Words that stand for 0, 1, 2 … in metadata, or null when numbers do.</summary>
    public IReadOnlyList<string>? Words { get; init; }

    /// <summary>The default as a formula.</summary>
    public FamilyExpression? DefaultExpression { get; } = Default is null ? null : new FamilyExpression(Default);

    /// <summary>What must hold, for messages.</summary>
    public string Rule => IsWhole ? $"a whole number from {Minimum:N0} to {Maximum:N0}" : Minimum > 0 ? "greater than 0" : "0 or greater";

    /// <summary>Whether a number is allowed.</summary>
    public bool Allows(double number) => double.IsFinite(number) && float.IsFinite((float)number) && number >= Minimum && number <= Maximum && (!IsWhole || number == Math.Floor(number));
}
