using System.Globalization;
using System.Numerics;

namespace HafsModels.Registry;

/// <summary>
/// A version label that orders: <c>v2</c>, <c>1.10.0</c>, <c>v1.2.0-rc.1</c>. As in semantic versions numbers compare as numbers, a
/// pre-release comes before its release, and what follows <c>+</c> does not count. A label without numbers comes before all with.
/// </summary>
internal sealed class ModelVersion : IComparable<ModelVersion>
{
    private readonly BigInteger[] numbers;
    private readonly string[] preRelease;

    public ModelVersion(string label)
    {
        string text = label.Split('+')[0];
        if (text is ['v' or 'V', >= '0' and <= '9', ..])
            text = text[1..];
        string[] halves = text.Split('-', 2);
        string[] parts = halves[0].Split('.');
        IsNumeric = parts.All(p => p.Length is > 0 and < 100 && p.All(char.IsAsciiDigit));
        numbers = IsNumeric ? [.. parts.Select(p => BigInteger.Parse(p, CultureInfo.InvariantCulture))] : [];
        preRelease = !IsNumeric ? [label] : halves.Length == 2 ? halves[1].Split('.') : [];
    }

    /// <summary>Whether the label is a version at all.</summary>
    public bool IsNumeric { get; }

    /// <summary>Whether this is <paramref name="other"/> or one that begins with its numbers: 1.2.3 lies within 1.2 and within 1; no pre-release lies within anything.</summary>
    public bool LiesWithin(ModelVersion other) =>
        IsNumeric && other.IsNumeric && preRelease.Length == 0 && other.preRelease.Length == 0 && numbers.AsSpan().StartsWith(other.numbers);

    /// <inheritdoc/>
    public int CompareTo(ModelVersion? other)
    {
        if (other is null)
            return 1;
        if (IsNumeric != other.IsNumeric)
            return IsNumeric ? 1 : -1;
        for (int i = 0; i < Math.Max(numbers.Length, other.numbers.Length); i++)
        {
            int order = At(numbers, i).CompareTo(At(other.numbers, i));
            if (order != 0)
                return order;
        }

        if (preRelease.Length == 0 || other.preRelease.Length == 0)
            return other.preRelease.Length.CompareTo(preRelease.Length);
        for (int i = 0; i < Math.Min(preRelease.Length, other.preRelease.Length); i++)
        {
            bool a = BigInteger.TryParse(preRelease[i], NumberStyles.None, CultureInfo.InvariantCulture, out BigInteger x);
            bool b = BigInteger.TryParse(other.preRelease[i], NumberStyles.None, CultureInfo.InvariantCulture, out BigInteger y);
            int order = a && b ? x.CompareTo(y) : a != b ? (a ? -1 : 1) : string.CompareOrdinal(preRelease[i], other.preRelease[i]);
            if (order != 0)
                return order;
        }

        return preRelease.Length.CompareTo(other.preRelease.Length);
    }

    private static BigInteger At(BigInteger[] numbers, int i) => i < numbers.Length ? numbers[i] : BigInteger.Zero;
}
