using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace HafsModels.Formats;

/// <summary>Reads little-endian fields of an untrusted header one after the other. Every read is checked against the file's length first.</summary>
internal sealed class PositionedReader(SafeFileHandle file, string name)
{
    private readonly byte[] buffer = new byte[1 << 16];
    private long bufferStart;
    private int bufferLength;

    /// <summary>Bytes of the file.</summary>
    public long Length { get; } = RandomAccess.GetLength(file);

    /// <summary>Where the next field begins.</summary>
    public long Position { get; private set; }

    /// <summary>Bytes after <see cref="Position"/>.</summary>
    public long Remaining => Length - Position;

    public uint ReadUInt32(string what)
    {
        Span<byte> bytes = stackalloc byte[4];
        Read(bytes, what);
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }

    public ulong ReadUInt64(string what)
    {
        Span<byte> bytes = stackalloc byte[8];
        Read(bytes, what);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }

    /// <summary>Fills <paramref name="destination"/> or fails; <paramref name="what"/> names the field in the message.</summary>
    public void Read(Span<byte> destination, string what)
    {
        if (destination.Length > Remaining)
        {
            throw new HafsException(
                ErrorKind.InvalidData,
                "FileTruncated",
                $"{name}: byte {Position:N0}: {what} needs {destination.Length:N0} bytes, but the file ends after {Remaining:N0}",
                name,
                "The file is incomplete; copy or download it again.");
        }

        while (destination.Length > 0)
        {
            long offset = Position - bufferStart;
            if (offset < 0 || offset >= bufferLength)
            {
                if (destination.Length >= buffer.Length)
                {
                    FileBytes.Read(file, Position, destination, name);
                    Position += destination.Length;
                    return;
                }

                bufferStart = Position;
                bufferLength = (int)Math.Min(buffer.Length, Remaining);
                FileBytes.Read(file, bufferStart, buffer.AsSpan(0, bufferLength), name);
                offset = 0;
            }

            int count = (int)Math.Min(destination.Length, bufferLength - offset);
            buffer.AsSpan((int)offset, count).CopyTo(destination);
            destination = destination[count..];
            Position += count;
        }
    }
}
