using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace HafsModels.Deployment.Halext;

/// <summary>
/// Sends a file to a node in chunks, each with its SHA-256. A chunk that fails for a passing reason is tried again from where the node says it stands; so does a
/// later run, for the node knows an upload by the file's SHA-256. What will not pass stops at once.
/// </summary>
internal sealed class HalextUpload(BackendClient client, PublishJob job, IProgress<WorkProgress>? progress)
{
    private const int Attempts = 5;
    private const int SmallestChunk = 1 << 10, LargestChunk = 256 << 20;

    /// <summary>Sends what is missing.</summary>
    /// <returns>SHA-256 of the file, which the node has confirmed.</returns>
    /// <exception cref="HafsException">The file changed, the node refuses it, or it cannot be reached again and again.</exception>
    public async Task<string> RunAsync(CancellationToken cancellationToken)
    {
        string path = job.Artifact.Path;
        long size = new FileInfo(path).Length;
        string sha256 = await HashAsync(path, 0, size, cancellationToken).ConfigureAwait(false);
        if (job.Artifact.Sha256.Length > 0 && job.Artifact.Sha256 != sha256)
            throw new HafsException(ErrorKind.InvalidData, "ArtifactChanged", $"{path}: the file changed since it was made (sha256 {sha256}, recorded {job.Artifact.Sha256})", path, "Convert the model again.");
        JsonNode begun = await client.PostAsync("v1/uploads", new JsonObject { ["sha256"] = sha256, ["size"] = size }, cancellationToken).ConfigureAwait(false);
        if (begun["complete"]?.GetValue<bool>() == true)
        {
            Report(size, size, "the file is there already");
            return sha256;
        }

        string upload = (string?)begun["upload"] is { } id && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') ? $"v1/uploads/{id}" : throw client.Unexpected("v1/uploads", "the answer names no upload");
        long chunk = Math.Clamp(begun["chunk_bytes"]?.GetValue<long>() ?? 8 << 20, SmallestChunk, LargestChunk);
        long received = Received(begun, size);
        for (int failures = 0; received < size;)
        {
            try
            {
                received = Received(await SendAsync(upload, path, received, Math.Min(chunk, size - received), size, cancellationToken).ConfigureAwait(false), size);
                failures = 0;
            }
            catch (HafsException exception) when (exception.Kind is ErrorKind.Unavailable or ErrorKind.Conflict && ++failures < Attempts)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100 << failures), cancellationToken).ConfigureAwait(false);
                received = await AskAsync(upload, received, size, cancellationToken).ConfigureAwait(false);
            }
        }

        await client.PostAsync(upload + "/complete", [], cancellationToken).ConfigureAwait(false);
        return sha256;
    }

    private async Task<JsonNode> SendAsync(string upload, string path, long offset, long length, long size, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, upload);
        request.Headers.Add("Chunk-Sha256", await HashAsync(path, offset, length, cancellationToken).ConfigureAwait(false));
        request.Headers.Add("Chunk-Offset", offset.ToString(CultureInfo.InvariantCulture));
        using HttpResponseMessage response = await client.UploadAsync(request, path, offset, length, done => Report(offset + done, size, "sending the file"), cancellationToken).ConfigureAwait(false);
        await client.EnsureSuccessAsync(response, upload, cancellationToken).ConfigureAwait(false);
        return JsonNode.Parse(await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false)) ?? throw client.Unexpected(upload, "the answer is empty");
    }

    // Where the node stands; while it cannot be asked, where it stood.
    private async Task<long> AskAsync(string upload, long known, long size, CancellationToken cancellationToken)
    {
        try
        {
            return Received(await client.GetAsync(upload, cancellationToken).ConfigureAwait(false), size);
        }
        catch (HafsException exception) when (exception.Kind == ErrorKind.Unavailable)
        {
            return known;
        }
    }

    private long Received(JsonNode answer, long size) =>
        answer["received"]?.GetValue<long>() is { } received && received >= 0 && received <= size ? received : throw client.Unexpected("v1/uploads", "the answer does not say how much was received");

    private void Report(long done, long size, string status) => progress?.Report(new WorkProgress($"Publishing {job.Name} on a halext node", status, done, size));

    private static async Task<string> HashAsync(string path, long offset, long length, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using Microsoft.Win32.SafeHandles.SafeFileHandle file = File.OpenHandle(path, options: FileOptions.Asynchronous);
        var buffer = new byte[(int)Math.Clamp(length, 1, 1 << 20)];
        for (long done = 0; done < length;)
        {
            int read = await RandomAccess.ReadAsync(file, buffer.AsMemory(0, (int)Math.Min(buffer.Length, length - done)), offset + done, cancellationToken).ConfigureAwait(false);
            if (read == 0)
                throw new HafsException(ErrorKind.InvalidData, "FileTruncated", $"{path}: the file ends at byte {offset + done:N0}; it was longer before", path);
            hash.AppendData(buffer, 0, read);
            done += read;
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
