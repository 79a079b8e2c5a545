using HafsModels;

namespace Hafs;

/// <summary>What the process returns. 0 and 1 are what hafs always returned; the others tell scheduled tasks why.</summary>
internal static class ExitCodes
{
    /// <summary>Everything asked for was done.</summary>
    public const int Success = 0;

    /// <summary>A test failed its verdict, or the thing asked about is not there.</summary>
    public const int Failure = 1;

    /// <summary>An error nobody foresaw: a defect of ours.</summary>
    public const int Unexpected = 70;

    /// <summary>Ctrl+C.</summary>
    public const int Cancelled = 130;

    /// <summary>The exit code of an error.</summary>
    public static int For(ErrorKind kind) => kind switch
    {
        ErrorKind.NotFound => Failure,
        ErrorKind.InvalidArgument => 2,
        ErrorKind.AlreadyExists => 3,
        ErrorKind.InvalidData => 4,
        ErrorKind.Unsupported => 5,
        ErrorKind.Conflict => 6,
        ErrorKind.PermissionDenied => 7,
        ErrorKind.ResourceExhausted => 8,
        ErrorKind.Unavailable => 9,
        _ => Unexpected,
    };
}
