using System.Runtime.CompilerServices;

namespace HafsModels.Tokenizers.Templates;

/// <summary>The ways a chat template can fail.</summary>
internal static class TemplateErrors
{
    private const string Invalid = "ChatTemplateInvalid";
    private const string Failed = "ChatTemplateFailed";
    private const string Exhausted = "ChatTemplateTooMuch";

    public static HafsException Syntax(TemplatePlace place, string what) => Located(new(ErrorKind.InvalidData, Invalid, what), place);

    /// <summary>A value that an operation cannot take. The renderer adds where.</summary>
    public static HafsException Value(string what) => new(ErrorKind.InvalidData, Failed, what);

    /// <summary>The template itself refuses the conversation (<c>raise_exception</c>).</summary>
    public static HafsException Raised(string message) => new(ErrorKind.InvalidArgument, "ChatTemplateRefused", message);

    /// <summary>Fails before the stack ends: what a template nests by chains of operators or by lists in lists has no bound of its own.</summary>
    public static void CheckDepth()
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
            throw TooMuch("values or expressions nest too deep");
    }

    /// <summary>More than a template may cost. The renderer adds where.</summary>
    public static HafsException TooMuch(string what) => new(ErrorKind.ResourceExhausted, Exhausted, what);

    public static HafsException TooMuch(TemplatePlace place, string what) => Located(TooMuch(what), place);

    /// <summary>Whether an error does not yet say where it is.</summary>
    public static bool LacksPlace(HafsException error) => error.Id is Failed or Exhausted;

    public static HafsException Located(HafsException error, TemplatePlace place) => new(error.Kind, error.Id, $"chat template: {place}: {error.Message}", inner: error.InnerException);
}
