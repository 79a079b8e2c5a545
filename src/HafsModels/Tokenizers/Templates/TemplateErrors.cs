using System.Runtime.CompilerServices;

namespace HafsModels.Tokenizers.Templates;

/// <summary>The ways a chat template can fail.</summary>
internal static class TemplateErrors
{
    public static HafsException Syntax(int line, string what) =>
        new(ErrorKind.InvalidData, "ChatTemplateInvalid", $"chat template: line {line}: {what}");

    public static HafsException Value(string what) => new(ErrorKind.InvalidData, "ChatTemplateFailed", $"chat template: {what}");

    /// <summary>The template itself refuses the conversation (<c>raise_exception</c>).</summary>
    public static HafsException Raised(string message) => new(ErrorKind.InvalidArgument, "ChatTemplateRefused", message);

    /// <summary>Fails before the stack ends: what a template nests by chains of operators or by lists in lists has no bound of its own.</summary>
    public static void CheckDepth()
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
            throw TooMuch("values or expressions nest too deep");
    }

    public static HafsException TooMuch(string what) => new(ErrorKind.ResourceExhausted, "ChatTemplateTooMuch", $"chat template: {what}");
}
