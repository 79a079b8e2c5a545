namespace HafsModels.Transfer;

/// <summary>How a system spells paths.</summary>
public enum PathStyle
{
    /// <summary>macOS, Linux: <c>/home/me/a</c>, <c>a/b</c>; case counts, a backslash is a letter.</summary>
    Posix,

    /// <summary>Windows: <c>D:\a</c>, <c>d:/a</c>, <c>\\server\share\a</c>; case does not count.</summary>
    Windows,

    /// <summary>Git Bash and MSYS on Windows: <c>/d/a</c> is <c>D:\a</c>, <c>//server/share/a</c> a share.</summary>
    GitBash,

    /// <summary>Windows Subsystem for Linux: <c>/mnt/d/a</c> is <c>D:\a</c>; all else is POSIX.</summary>
    Wsl,
}
