namespace HafsModels;

/// <summary>What went wrong, coarse enough to map to a PowerShell error category, a process exit code and an HTTP status.</summary>
public enum ErrorKind
{
    /// <summary>The caller asked for something that makes no sense: an unknown name, a bad combination of options.</summary>
    InvalidArgument,

    /// <summary>A file, model, tensor or deployment that was named is not there.</summary>
    NotFound,

    /// <summary>The output or the id exists and was not to be overwritten.</summary>
    AlreadyExists,

    /// <summary>A file breaks the rules of its format.</summary>
    InvalidData,

    /// <summary>Well-formed, but nothing here can handle it.</summary>
    Unsupported,

    /// <summary>Somebody else changed or holds the same thing.</summary>
    Conflict,

    /// <summary>The operating system or the remote side refused access.</summary>
    PermissionDenied,

    /// <summary>Disk, memory or another finite resource does not suffice.</summary>
    ResourceExhausted,

    /// <summary>A backend or host cannot be reached or answered with a failure.</summary>
    Unavailable,
}
