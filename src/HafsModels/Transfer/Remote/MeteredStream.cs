namespace HafsModels.Transfer.Remote;

/// <summary>The next bytes of a stream, shown to somebody as they are read.</summary>
/// <param name="inner">The stream.</param>
/// <param name="bytes">How many of its bytes belong to this one.</param>
/// <param name="show">Is shown what was read.</param>
internal sealed class MeteredStream(Stream inner, long bytes, Action<ReadOnlySpan<byte>> show) : Stream
{
    /// <summary>Bytes that were not read.</summary>
    public long Left { get; private set; } = bytes;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int count = await inner.ReadAsync(buffer[..(int)Math.Min(buffer.Length, Left)], cancellationToken);
        Shown(buffer.Span[..count]);
        return count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(Span<byte> buffer)
    {
        int count = inner.Read(buffer[..(int)Math.Min(buffer.Length, Left)]);
        Shown(buffer[..count]);
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private void Shown(ReadOnlySpan<byte> read)
    {
        Left -= read.Length;
        show(read);
    }
}
