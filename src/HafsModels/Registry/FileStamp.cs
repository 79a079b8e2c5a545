namespace HafsModels.Registry;

/// <summary>What the file system says of a file without reading it. Replacing a file by a rename changes its creation time.</summary>
internal readonly record struct FileStamp(bool Exists, long Length, DateTime WrittenUtc, DateTime CreatedUtc)
{
    public static FileStamp Of(string path)
    {
        var info = new FileInfo(path);
        return info.Exists ? new FileStamp(true, info.Length, info.LastWriteTimeUtc, info.CreationTimeUtc) : default;
    }
}
