using System.Management.Automation;

namespace HafsModels.PowerShell.Errors;

/// <summary>The table from the core's kinds of error to PowerShell's categories.</summary>
internal static class ErrorCategories
{
    public static IReadOnlyDictionary<ErrorKind, ErrorCategory> All { get; } = new Dictionary<ErrorKind, ErrorCategory>
    {
        [ErrorKind.InvalidArgument] = ErrorCategory.InvalidArgument,
        [ErrorKind.NotFound] = ErrorCategory.ObjectNotFound,
        [ErrorKind.AlreadyExists] = ErrorCategory.ResourceExists,
        [ErrorKind.InvalidData] = ErrorCategory.InvalidData,
        [ErrorKind.Unsupported] = ErrorCategory.NotImplemented,
        [ErrorKind.Conflict] = ErrorCategory.ResourceBusy,
        [ErrorKind.PermissionDenied] = ErrorCategory.PermissionDenied,
        [ErrorKind.ResourceExhausted] = ErrorCategory.LimitsExceeded,
        [ErrorKind.Unavailable] = ErrorCategory.ConnectionError,
    };
}
