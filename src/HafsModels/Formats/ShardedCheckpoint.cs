using System.Text.Json;
using HafsModels.Tensors;

namespace HafsModels.Formats;

/// <summary>A checkpoint in several files, held together by an index (<c>model.safetensors.index.json</c>, <c>pytorch_model.bin.index.json</c>).</summary>
internal sealed class ShardedCheckpoint : Checkpoint
{
    private const int MaxIndexBytes = 100_000_000;

    private readonly Checkpoint[] shards;
    private readonly Dictionary<string, Checkpoint> shardByTensor = new(StringComparer.Ordinal);

    private ShardedCheckpoint(Checkpoint[] shards, string indexPath)
    {
        this.shards = shards;
        Tensors = [.. shards.SelectMany(s => s.Tensors)];
        foreach (Checkpoint shard in shards)
        {
            foreach (TensorInfo tensor in shard.Tensors)
            {
                if (!shardByTensor.TryAdd(tensor.Name, shard))
                    throw Invalid(indexPath, "ShardDuplicateTensor", $"{tensor.Name} is in {Path.GetFileName(tensor.File)} and in another shard as well");
            }
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<TensorInfo> Tensors { get; }

    /// <summary>Opens all shards that an index names, each through <paramref name="open"/>.</summary>
    public static ShardedCheckpoint OpenIndex(string indexPath, Func<string, Checkpoint> open)
    {
        Dictionary<string, string> map = ReadWeightMap(indexPath);
        string folder = Path.GetDirectoryName(indexPath)!;
        string[] files = [.. map.Values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        string[] missing = [.. files.Where(f => !File.Exists(Path.Combine(folder, f)))];
        if (missing.Length > 0)
        {
            throw new HafsException(
                ErrorKind.NotFound,
                "ShardMissing",
                $"{indexPath}: {missing.Length} of {files.Length} shards are not there: {string.Join(", ", missing.Take(5))}{(missing.Length > 5 ? ", …" : "")}",
                indexPath,
                "Copy or download the missing files into the same folder.");
        }

        var shards = new List<Checkpoint>(files.Length);
        try
        {
            foreach (string file in files)
                shards.Add(open(Path.Combine(folder, file)));
            var checkpoint = new ShardedCheckpoint([.. shards], indexPath);
            checkpoint.Require(map, indexPath);
            return checkpoint;
        }
        catch
        {
            shards.ForEach(s => s.Dispose());
            throw;
        }
    }

    /// <inheritdoc/>
    public override TensorRows Open(string name) =>
        shardByTensor.TryGetValue(name, out Checkpoint? shard) ? shard.Open(name) : throw MissingTensor(name);

    /// <inheritdoc/>
    public override TensorRows OpenBytes(string name) =>
        shardByTensor.TryGetValue(name, out Checkpoint? shard) ? shard.OpenBytes(name) : throw MissingTensor(name);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        foreach (Checkpoint shard in shards)
            shard.Dispose();
    }

    private void Require(Dictionary<string, string> map, string indexPath)
    {
        Dictionary<string, TensorInfo> tensors = Tensors.ToDictionary(t => t.Name, StringComparer.Ordinal);
        foreach ((string name, string file) in map)
        {
            if (!tensors.TryGetValue(name, out TensorInfo? tensor) || Path.GetFileName(tensor.File) != file)
                throw Invalid(indexPath, "ShardTensorMissing", $"the index places {name} in {file}, but it is not there");
        }
    }

    private static Dictionary<string, string> ReadWeightMap(string indexPath)
    {
        using JsonDocument document = JsonFile.Read(indexPath, MaxIndexBytes, "ShardIndexTooLarge", "ShardIndexJson", "ShardIndexShape", new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = 16 });
        if (!document.RootElement.TryGetProperty("weight_map", out JsonElement weights) || weights.ValueKind != JsonValueKind.Object)
            throw Invalid(indexPath, "ShardIndexShape", "the index must be an object with an object weight_map");
        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (JsonProperty entry in weights.EnumerateObject())
        {
            string? file = entry.Value.ValueKind == JsonValueKind.String ? entry.Value.GetString() : null;

            // A shard lies beside its index; anything else could reach out of the folder.
            if (string.IsNullOrEmpty(file) || file != Path.GetFileName(file) || file.Contains('\\', StringComparison.Ordinal) || file.Contains('\0', StringComparison.Ordinal) || file is "." or "..")
                throw Invalid(indexPath, "ShardFileName", $"weight_map places {Excerpt(entry.Name)} in {Excerpt(entry.Value.GetRawText())}; it must be the plain name of a file beside the index");
            map.Add(entry.Name, file);
        }

        return map.Count > 0 ? map : throw Invalid(indexPath, "ShardIndexShape", "weight_map is empty");
    }

    private static string Excerpt(string text) => text.Length <= 80 ? text : text[..80] + "…";

    private static HafsException Invalid(string path, string id, string message) => new(ErrorKind.InvalidData, id, $"{path}: {message}", path);
}
