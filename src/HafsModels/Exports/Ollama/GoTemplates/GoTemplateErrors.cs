namespace HafsModels.Exports.Ollama.GoTemplates;

/// <summary>The errors of Go templates.</summary>
internal static class GoTemplateErrors
{
    public static HafsException Invalid(int line, string message) =>
        new(ErrorKind.InvalidData, "GoTemplateInvalid", $"Go template: line {line}: {message}", "TEMPLATE");

    public static HafsException Unknown(int line, string what) =>
        new(ErrorKind.Unsupported, "GoTemplateUnknown", $"Go template: line {line}: {what}", "TEMPLATE");

    public static HafsException Failed(string message) =>
        new(ErrorKind.InvalidData, "GoTemplateFailed", $"Go template: {message}", "TEMPLATE");
}
