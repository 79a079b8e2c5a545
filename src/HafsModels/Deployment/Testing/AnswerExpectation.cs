using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace HafsModels.Deployment.Testing;

/// <summary>Whether an answer is the expected one.</summary>
internal static class AnswerExpectation
{
    private const int Shown = 200;

    /// <summary>Why an answer is not what was expected; null when it is.</summary>
    public static string? Complaint(TestPrompt prompt, string answer)
    {
        if (prompt.Expected is { } expected && answer.Trim() != expected.Trim())
            return $"the answer is \"{Short(answer)}\", expected is \"{Short(expected)}\"";
        if (prompt.Pattern is { } pattern && !Matches(pattern, answer))
            return $"the answer \"{Short(answer)}\" does not match {pattern}";
        if (prompt.Schema is not { } schema)
            return null;
        try
        {
            return JsonSchema.Complaint(schema, JsonNode.Parse(Unfenced(answer))) is { } complaint ? $"the answer \"{Short(answer)}\" does not meet the schema: {complaint}" : null;
        }
        catch (JsonException exception)
        {
            return $"the answer \"{Short(answer)}\" is no JSON: {exception.Message}";
        }
    }

    private static bool Matches(string pattern, string answer)
    {
        try
        {
            return Regex.IsMatch(answer, pattern, RegexOptions.None, PromptFile.PatternTimeout);
        }
        catch (RegexMatchTimeoutException)
        {
            return false;
        }
    }

    // Models like to put JSON into a fenced block.
    private static string Unfenced(string answer)
    {
        string text = answer.Trim();
        if (!text.StartsWith("```", StringComparison.Ordinal) || !text.EndsWith("```", StringComparison.Ordinal) || text.IndexOf('\n', StringComparison.Ordinal) is var line && line < 0)
            return text;
        return text[line..^3];
    }

    private static string Short(string text) => text.Length > Shown ? text[..Shown] + "…" : text;
}
