using HafsModels.Architectures;
using HafsModels.Formats.Peft;
using HafsModels.Registry;

namespace HafsModels;

/// <summary>Finds out what a model is read from: a folder, or, where that holds an adapter alone, its base model with it.</summary>
internal sealed class ModelSources(ModelRegistry registry)
{
    /// <summary>What a folder means.</summary>
    /// <param name="path">Folder of a checkpoint or an adapter.</param>
    /// <param name="adapter">Folder of an adapter to merge in, or the id of a registered one; null for none.</param>
    /// <param name="baseModel">The base model of an adapter in <paramref name="path"/>, where its own files do not name one that is at hand.</param>
    /// <exception cref="HafsException">The base model cannot be found, or both are adapters.</exception>
    public ModelSource Of(string path, string? adapter = null, string? baseModel = null)
    {
        path = Path.GetFullPath(path);
        bool isAdapter = PeftAdapter.IsAdapterFolder(path);
        if (adapter is null)
            return isAdapter ? new ModelSource(BaseOf(path, baseModel), path) : new ModelSource(path);
        string adapterPath = AdapterFolder(adapter);
        return isAdapter
            ? throw new HafsException(ErrorKind.InvalidArgument, "AdapterOnAdapter", $"{path} is an adapter itself; {adapterPath} is merged into a whole model", path, "Merge the first one into its base model, then the second into the result.")
            : new ModelSource(path, adapterPath);
    }

    /// <summary>Folder of an adapter: a path, or the id of a registered one.</summary>
    public string AdapterFolder(string adapter) => !Directory.Exists(adapter) && registry.TryGet(adapter, out Model? model) ? Path.GetFullPath(model.Path) : Path.GetFullPath(adapter);

    // A registered id, a full path, or a folder beside the adapter; a name on the hub is none of them and nothing is downloaded.
    private string BaseOf(string adapterPath, string? recorded)
    {
        string? stated = PeftConfig.Read(adapterPath).BaseModel;
        string[] names = [.. new[] { recorded, stated }.OfType<string>().Where(n => n.Length > 0).Distinct()];
        foreach (string name in names)
        {
            if (registry.TryGet(name, out Model? model) && IsModelFolder(model.Path))
                return Path.GetFullPath(model.Path);
            string beside = Path.GetFullPath(name, Path.GetDirectoryName(adapterPath)!);
            if (IsModelFolder(beside))
                return beside;
        }

        throw new HafsException(
            ErrorKind.NotFound,
            "BaseModelNotFound",
            $"{adapterPath} is an adapter on {(names.Length == 0 ? "a model that it does not name" : string.Join(" or ", names))}, which is neither the id of a registered model, nor a folder, nor one beside the adapter",
            adapterPath,
            "Convert the base model's folder and merge the adapter in: ConvertTo-Gguf -Path BASE -MergeAdapter ADAPTER (hafs: --merge-adapter).");
    }

    private static bool IsModelFolder(string path) => File.Exists(Path.Combine(path, "config.json"));
}
