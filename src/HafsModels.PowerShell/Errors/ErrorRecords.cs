using System.Management.Automation;

namespace HafsModels.PowerShell.Errors;

/// <summary>Errors as PowerShell shows them: stable id, category, target, and the hint as recommended action.</summary>
internal static class ErrorRecords
{
    /// <summary>The record of an error the user can cause or mend; null for any other: that is a defect and ends the pipeline.</summary>
    /// <param name="error">What was thrown.</param>
    /// <param name="item">The pipeline item at work, when the error names no target itself.</param>
    public static ErrorRecord? For(Exception error, object? item)
    {
        if (AsHafs(error) is not { } known)
            return null;
        var record = new ErrorRecord(known, known.Id, ErrorCategories.All[known.Kind], known.Target ?? item);
        if (known.Hint is { } hint)
            record.ErrorDetails = new ErrorDetails($"{known.Message} {hint}") { RecommendedAction = hint };
        return record;
    }

    // What the operating system refuses may come through raw where the core has nothing to add to it.
    private static HafsException? AsHafs(Exception error) => error switch
    {
        HafsException hafs => hafs,
        FileNotFoundException or DirectoryNotFoundException => new(ErrorKind.NotFound, "FileNotFound", error.Message, inner: error),
        UnauthorizedAccessException => new(ErrorKind.PermissionDenied, "AccessDenied", error.Message, inner: error),
        IOException => new(ErrorKind.ResourceExhausted, "InputOutputFailed", error.Message, inner: error),
        _ => null,
    };
}
