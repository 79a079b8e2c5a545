namespace HafsModels.Exports;

/// <summary>A file of a model, which may be a link, as in the hub's cache: what counts is where it leads.</summary>
internal static class SourceFile
{
    /// <summary>The file itself; a broken link stands for itself.</summary>
    public static FileInfo Of(string path)
    {
        var file = new FileInfo(path);
        return file.LinkTarget is null ? file : file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file;
    }
}
