using System.Text.RegularExpressions;
using HafsModels.Tensors;

namespace HafsModels.Quantization;

/// <summary>Gives tensors whose names match a pattern a type, as <c>llama-quantize --tensor-type REGEX=TYPE</c> does.</summary>
public sealed class TensorTypeRule
{
    // A pattern that needs longer for one name never ends.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    // What the reference's regular expressions know by name.
    private static readonly (string Name, string Characters)[] NamedClasses = [("[:digit:]", "0-9"), ("[:alpha:]", "a-z"), ("[:alnum:]", "a-z0-9"), ("[:lower:]", "a-z")];

    private readonly Regex pattern;

    /// <summary>Makes a rule.</summary>
    /// <param name="pattern">A regular expression (ECMAScript), searched for anywhere in a name. Read in lower case, as the reference does, so <c>\D</c> means <c>\d</c>.</param>
    /// <param name="type">The type that matching tensors get.</param>
    /// <exception cref="HafsException">The pattern is empty or no regular expression.</exception>
    public TensorTypeRule(string pattern, GgmlType type)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        if (pattern.Length == 0)
            throw Invalid(pattern, "the pattern is empty", null);
        Pattern = pattern;
        Type = type;
        try
        {
            this.pattern = new Regex(NamedClasses.Aggregate(pattern.ToLowerInvariant(), (p, c) => p.Replace(c.Name, c.Characters, StringComparison.Ordinal)), RegexOptions.ECMAScript, Patience);
        }
        catch (ArgumentException exception)
        {
            throw Invalid(pattern, exception.Message, exception);
        }
    }

    /// <summary>The pattern as it was given.</summary>
    public string Pattern { get; }

    /// <summary>The type that matching tensors get.</summary>
    public GgmlType Type { get; }

    /// <summary>Reads <c>REGEX=TYPE</c>; the first <c>=</c> divides.</summary>
    /// <exception cref="HafsException">There is no <c>=</c>, or a part is not valid.</exception>
    public static TensorTypeRule Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        return equals >= 0
            ? new TensorTypeRule(text[..equals], BlockFormats.Parse(text[(equals + 1)..]))
            : throw Invalid(text, "there is no = between pattern and type", null);
    }

    /// <summary>Whether a name matches.</summary>
    /// <exception cref="HafsException">The pattern cannot be matched in reasonable time.</exception>
    public bool Matches(string name)
    {
        try
        {
            return pattern.IsMatch(name);
        }
        catch (RegexMatchTimeoutException exception)
        {
            throw Invalid(Pattern, $"it was still searching {name} after {Patience.TotalSeconds:0} s", exception);
        }
    }

    /// <summary><c>REGEX=TYPE</c>.</summary>
    public override string ToString() => $"{Pattern}={Type}";

    private static HafsException Invalid(string pattern, string why, Exception? inner) => new(
        ErrorKind.InvalidArgument, "TensorTypePattern", $"tensor type {pattern}: {why}", pattern, @"Write REGEX=TYPE, such as blk\.[0-3]\.ffn_down=Q6_K.", inner);
}
