namespace HafsModels.Tests.Hostile;

/// <summary>A folder of made files that is gone after the test.</summary>
internal sealed class HostileFolder : IDisposable
{
    public HostileFolder((string Name, byte[] Bytes)[] files)
    {
        foreach ((string name, byte[] bytes) in files)
            File.WriteAllBytes(PathOf(name), bytes);
    }

    public string Path { get; } = Directory.CreateTempSubdirectory("hafs-hostile-").FullName;

    public string PathOf(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, true);
}
