namespace HafsModels.Formats.Gguf;

/// <summary>Keys that say which weight files a GGUF file was converted from: <c>hafs.source.count</c>, <c>hafs.source.0.file</c>, <c>hafs.source.0.sha256</c>, …</summary>
internal static class SourceKeys
{
    public const string Prefix = "hafs.source.";

    /// <summary>Name of a file, without its folder.</summary>
    public const string File = "file";

    /// <summary>Its SHA-256, lower-case hex.</summary>
    public const string Sha256 = "sha256";
}
