using System.Net;

namespace HafsModels.Deployment;

/// <summary>A stretch of a file as the body of a request; tells how far it got.</summary>
/// <param name="path">The file.</param>
/// <param name="offset">First byte.</param>
/// <param name="length">Bytes to send.</param>
/// <param name="onSent">Told the bytes that were handed to the connection so far.</param>
internal sealed class UploadContent(string path, long offset, long length, Action<long> onSent) : HttpContent
{
    private const int Tile = 1 << 20;

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        using Microsoft.Win32.SafeHandles.SafeFileHandle file = File.OpenHandle(path, options: FileOptions.Asynchronous);
        var buffer = new byte[(int)Math.Min(Tile, Math.Max(1, length))];
        for (long done = 0; done < length;)
        {
            int read = await RandomAccess.ReadAsync(file, buffer.AsMemory(0, (int)Math.Min(buffer.Length, length - done)), offset + done, cancellationToken).ConfigureAwait(false);
            if (read == 0)
                throw new HafsException(ErrorKind.InvalidData, "FileTruncated", $"{path}: the file ends at byte {offset + done:N0} while it is sent; it was longer before", path);
            await stream.WriteAsync(buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
            done += read;
            onSent(done);
        }
    }

    protected override bool TryComputeLength(out long computed)
    {
        computed = length;
        return true;
    }
}
