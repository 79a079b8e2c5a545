namespace HafsModels.Transfer;

/// <summary>Where a path begins.</summary>
public enum PathRoot
{
    /// <summary>Nowhere: it is relative.</summary>
    None,

    /// <summary>At the root of a POSIX file system.</summary>
    Posix,

    /// <summary>At the root of a Windows drive.</summary>
    Drive,

    /// <summary>At a share of a server.</summary>
    Share,
}
