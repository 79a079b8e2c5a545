using System.Text.RegularExpressions;

namespace HafsModels.Formats.Peft;

/// <summary>Regular expressions that stand in an adapter's settings: strangers wrote them, so the time they take is limited.</summary>
internal static class PeftExpression
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    /// <summary>Reads an expression.</summary>
    /// <exception cref="HafsException">It is none, or uses what only Python knows.</exception>
    public static Regex Create(string path, string key, string expression)
    {
        try
        {
            return new Regex(expression, RegexOptions.CultureInvariant, Limit);
        }
        catch (ArgumentException exception)
        {
            throw new HafsException(ErrorKind.InvalidData, "AdapterConfigPattern", $"{path}: {key}: {exception.Message}", path, inner: exception);
        }
    }

    /// <summary>Whether a module's name matches.</summary>
    /// <exception cref="HafsException">The expression takes too long.</exception>
    public static bool IsMatch(Regex expression, string module, string path, string key)
    {
        try
        {
            return expression.IsMatch(module);
        }
        catch (RegexMatchTimeoutException exception)
        {
            throw new HafsException(ErrorKind.InvalidData, "AdapterConfigPattern", $"{path}: {key}: the expression {expression} takes more than {Limit.TotalSeconds} s on {module}", path, inner: exception);
        }
    }
}
