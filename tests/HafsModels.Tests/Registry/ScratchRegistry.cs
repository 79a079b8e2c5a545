using HafsModels.Registry;

namespace HafsModels.Tests.Registry;

/// <summary>A registry in a folder of its own, deleted in the end.</summary>
internal sealed class ScratchRegistry : IDisposable
{
    public ScratchRegistry(string? content = null)
    {
        Folder = Directory.CreateTempSubdirectory("hafsmodels-registry-").FullName;
        Path = System.IO.Path.Combine(Folder, "registry.json");
        if (content is not null)
            File.WriteAllText(Path, content);
        Registry = ModelRegistry.Open(Path);
    }

    public string Folder { get; }

    public string Path { get; }

    public string Sidecar => System.IO.Path.Combine(Folder, "registry.hafsmodels.json");

    public ModelRegistry Registry { get; }

    public string Text => File.ReadAllText(Path);

    public string[] Backups => Directory.Exists(System.IO.Path.Combine(Folder, "backups")) ? Directory.GetFiles(System.IO.Path.Combine(Folder, "backups")) : [];

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
