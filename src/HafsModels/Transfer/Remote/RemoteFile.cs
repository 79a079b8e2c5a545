namespace HafsModels.Transfer.Remote;

/// <summary>A file that a transfer moves.</summary>
/// <param name="Name">Its path below the folder, with slashes; empty where the model is one file.</param>
/// <param name="Bytes">Its size.</param>
internal sealed record RemoteFile(string Name, long Bytes)
{
    /// <summary>Where it lies on a machine.</summary>
    /// <exception cref="HafsException">The name leads out of the folder, or cannot be on that machine.</exception>
    public string Within(string folder, PathStyle style)
    {
        if (Name.Length == 0)
            return folder;
        if (Name.Split('/').Any(s => s is "" or "." or ".."))
            throw new HafsException(ErrorKind.InvalidData, "NameLeadsOutside", $"'{Name}' is no name within {folder}", Name);
        string relative = PortablePath.Parse(Name, PathStyle.Posix).Write(style);
        return style == PathStyle.Windows ? $"{folder.TrimEnd('\\', '/')}\\{relative}" : $"{folder.TrimEnd('/')}/{relative}";
    }
}
