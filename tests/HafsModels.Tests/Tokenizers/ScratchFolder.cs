namespace HafsModels.Tests.Tokenizers;

/// <summary>A folder that is gone after the test.</summary>
internal sealed class ScratchFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("hafs-tokens-").FullName;

    public string Write(string name, string text)
    {
        string path = System.IO.Path.Combine(Path, name);
        File.WriteAllText(path, text);
        return path;
    }

    public void Copy(string path) => File.Copy(path, System.IO.Path.Combine(Path, System.IO.Path.GetFileName(path)));

    public void Dispose() => Directory.Delete(Path, true);
}
