using System.Security.Cryptography;

namespace HafsModels.Registry;

/// <summary>Rehashes what the registry knows of a model, and tells what drifted.</summary>
public static class ModelVerification
{
    private const int BufferBytes = 1 << 20;

    /// <summary>Checks every artifact, and the source files that artifacts remember.</summary>
    /// <param name="model">The model.</param>
    /// <param name="progress">Told about bytes hashed.</param>
    /// <param name="cancellationToken">Stops between two pieces of a file.</param>
    public static IEnumerable<ArtifactCheck> Check(Model model, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(model);

        // An ONNX artifact's size counts its external data as well; its hash is the graph's.
        var files = model.Artifacts.Select(a => (a.Path, Kind: "artifact", Bytes: a.Format == "onnx" ? null : (long?)a.SizeBytes, a.Sha256))
            .Concat(model.Artifacts.SelectMany(a => a.SourceSha256).Select(s => (Path: Path.Combine(File.Exists(model.Path) ? Path.GetDirectoryName(model.Path)! : model.Path, s.Key), Kind: "source", Bytes: (long?)null, Sha256: s.Value)))
            .DistinctBy(f => (f.Path, f.Sha256))
            .ToArray();
        long total = files.Sum(f => File.Exists(f.Path) ? new FileInfo(f.Path).Length : 0), done = 0;
        foreach ((string path, string kind, long? bytes, string recorded) in files)
        {
            var file = new FileInfo(path);
            if (!file.Exists)
            {
                yield return new(model.Id, path, kind, ArtifactStatus.Missing, null, bytes, "", recorded);
                continue;
            }

            bool sizeTells = bytes is { } was && was > 0 && was != file.Length;
            long before = done;
            string found = sizeTells || recorded.Length == 0 ? "" : Hash(path, read => progress?.Report(new WorkProgress($"Checking {model.Id}", file.Name, before + read, total)), cancellationToken);
            done += file.Length;
            ArtifactStatus status = sizeTells ? ArtifactStatus.Changed
                : recorded.Length == 0 ? ArtifactStatus.NotRecorded
                : string.Equals(found, recorded, StringComparison.OrdinalIgnoreCase) ? ArtifactStatus.Unchanged : ArtifactStatus.Changed;
            yield return new(model.Id, path, kind, status, file.Length, bytes, found, recorded);
        }
    }

    private static string Hash(string path, Action<long> read, CancellationToken cancellationToken)
    {
        try
        {
            using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 0, FileOptions.SequentialScan);
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            byte[] buffer = new byte[BufferBytes];
            long total = 0;
            while (stream.Read(buffer) is var count and > 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
                hash.AppendData(buffer, 0, count);
                read(total += count);
            }

            return Convert.ToHexStringLower(hash.GetHashAndReset());
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new HafsException(ErrorKind.PermissionDenied, "ArtifactNotReadable", $"{path}: may not be read", path, inner: exception);
        }
    }
}
