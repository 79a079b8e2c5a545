namespace HafsModels.Transfer;

/// <summary>Maps paths between this machine and others. Of several mounts that hold a path the innermost counts.</summary>
/// <param name="mounts">The mounts, as in <c>sync.toml</c>.</param>
public sealed class PathMounts(IReadOnlyList<PathMount> mounts)
{
    /// <summary>Where this machine sees a path of another one, or null when no mount holds it.</summary>
    public PortablePath? ToLocal(PortablePath remote) =>
        Innermost(remote, m => m.Remote) is { } mount ? remote.Rebase(mount.Remote, mount.Local) : null;

    /// <summary>What a path of this machine is on the machine it comes from, or null when no mount holds it.</summary>
    public PortablePath? ToRemote(PortablePath local) =>
        Innermost(local, m => m.Local) is { } mount ? local.Rebase(mount.Local, mount.Remote) : null;

    private PathMount? Innermost(PortablePath path, Func<PathMount, PortablePath> side) =>
        mounts.Where(m => path.IsWithin(side(m))).MaxBy(m => side(m).Segments.Length);
}
