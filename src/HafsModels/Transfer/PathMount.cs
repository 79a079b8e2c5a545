namespace HafsModels.Transfer;

/// <summary>A folder of another machine that this machine sees as a folder of its own.</summary>
/// <param name="Name">Name of the mount.</param>
/// <param name="Local">Where this machine sees it.</param>
/// <param name="Remote">What it is on its own machine.</param>
public sealed record PathMount(string Name, PortablePath Local, PortablePath Remote)
{
    /// <summary>A mount as <c>sync.toml</c> spells it; the style of each side shows by itself.</summary>
    public static PathMount Create(string name, string localPath, string remotePath) =>
        new(name, PortablePath.Parse(localPath, PortablePath.Detect(localPath)), PortablePath.Parse(remotePath, PortablePath.Detect(remotePath)));
}
