using System.Buffers.Binary;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace HafsModels.Formats.PyTorch;

/// <summary>
/// Where the stored entries of a zip file lie. PyTorch writes tensors uncompressed so that they can be read in place; the framework's own zip
/// classes only offer streams, so the central directory is read here. Source: PKWARE APPNOTE 4.3 and 4.5.3 (zip64).
/// </summary>
internal sealed class ZipDirectory
{
    private const uint EndSignature = 0x06054b50, End64Signature = 0x06064b50, Locator64Signature = 0x07064b50, EntrySignature = 0x02014b50, LocalSignature = 0x04034b50;
    private const int EndBytes = 22, LocatorBytes = 20, EntryBytes = 46, LocalBytes = 30;
    private const int MaxEntries = 1 << 20;
    private const long MaxDirectoryBytes = 1 << 28;

    private readonly SafeFileHandle file;
    private readonly string path;
    private readonly long fileBytes;
    private readonly Dictionary<string, Entry> entries = new(StringComparer.Ordinal);

    public ZipDirectory(SafeFileHandle file, string path)
    {
        this.file = file;
        this.path = path;
        fileBytes = RandomAccess.GetLength(file);
        ReadEntries();
    }

    /// <summary>Names of all entries, in the order of the directory.</summary>
    public IEnumerable<string> Names => entries.Keys;

    /// <summary>Where an entry's bytes lie in the file.</summary>
    /// <exception cref="HafsException">There is no such entry, it is compressed or encrypted, or reaches beyond the file.</exception>
    public (long Offset, long Length) Locate(string name)
    {
        if (!entries.TryGetValue(name, out Entry entry))
            throw Invalid("PyTorchEntryMissing", 0, $"the archive has no entry {name}");
        if (entry.Method != 0 || (entry.Flags & 1) != 0)
            throw new HafsException(ErrorKind.Unsupported, "PyTorchEntryCompressed", $"{path}: {name} is compressed or encrypted; torch.save stores entries as they are", path);
        Span<byte> local = stackalloc byte[LocalBytes];
        Read(entry.LocalOffset, local, name);
        if (BinaryPrimitives.ReadUInt32LittleEndian(local) != LocalSignature)
            throw Invalid("PyTorchZip", entry.LocalOffset, $"no entry begins where the directory places {name}");
        long offset = entry.LocalOffset + LocalBytes + BinaryPrimitives.ReadUInt16LittleEndian(local[26..]) + BinaryPrimitives.ReadUInt16LittleEndian(local[28..]);
        if (entry.Size > fileBytes || offset > fileBytes - entry.Size)
            throw Invalid("FileTruncated", offset, $"{name} has {entry.Size:N0} bytes, which reach beyond the end of the file");
        return (offset, entry.Size);
    }

    private void ReadEntries()
    {
        (long offset, long size, long count) = FindDirectory();
        if (count > MaxEntries || size > MaxDirectoryBytes || offset > fileBytes || size > fileBytes - offset || count > size / EntryBytes)
            throw Invalid("PyTorchZip", offset, $"the zip directory of {count:N0} entries and {size:N0} bytes does not fit the file or the cap of {MaxEntries:N0} entries");
        byte[] directory = new byte[size];
        Read(offset, directory, "the zip directory");
        ReadOnlySpan<byte> rest = directory;
        for (long i = 0; i < count; i++)
        {
            long at = offset + directory.Length - rest.Length;
            if (rest.Length < EntryBytes || BinaryPrimitives.ReadUInt32LittleEndian(rest) != EntrySignature)
                throw Invalid("PyTorchZip", at, $"entry {i:N0} of the zip directory is damaged");
            int nameBytes = BinaryPrimitives.ReadUInt16LittleEndian(rest[28..]);
            int extraBytes = BinaryPrimitives.ReadUInt16LittleEndian(rest[30..]);
            int length = EntryBytes + nameBytes + extraBytes + BinaryPrimitives.ReadUInt16LittleEndian(rest[32..]);
            if (rest.Length < length)
                throw Invalid("PyTorchZip", at, $"entry {i:N0} of the zip directory is cut off");
            string name = Encoding.UTF8.GetString(rest.Slice(EntryBytes, nameBytes));
            if (!entries.TryAdd(name, ReadEntry(rest[..(EntryBytes + nameBytes + extraBytes)], EntryBytes + nameBytes, at)))
                throw Invalid("PyTorchZip", at, $"entry {name} stands a second time");
            rest = rest[length..];
        }
    }

    private Entry ReadEntry(ReadOnlySpan<byte> entry, int extraStart, long at)
    {
        long stored = BinaryPrimitives.ReadUInt32LittleEndian(entry[20..]), size = BinaryPrimitives.ReadUInt32LittleEndian(entry[24..]), local = BinaryPrimitives.ReadUInt32LittleEndian(entry[42..]);
        for (ReadOnlySpan<byte> extra = entry[extraStart..]; extra.Length >= 4;)
        {
            int id = BinaryPrimitives.ReadUInt16LittleEndian(extra), length = BinaryPrimitives.ReadUInt16LittleEndian(extra[2..]);
            if (extra.Length < 4 + length)
                break;
            if (id == 1)
            {
                ReadOnlySpan<byte> wide = extra.Slice(4, length);
                size = Widen(size, ref wide);
                stored = Widen(stored, ref wide);
                local = Widen(local, ref wide);
            }

            extra = extra[(4 + length)..];
        }

        int method = BinaryPrimitives.ReadUInt16LittleEndian(entry[10..]);
        if (size < 0 || local < 0 || local > fileBytes || (method == 0 && stored != size))
            throw Invalid("PyTorchZip", at, $"an entry of {size:N0} bytes at {local:N0} contradicts itself or the file");
        return new Entry(BinaryPrimitives.ReadUInt16LittleEndian(entry[8..]), method, size, local);
    }

    // A 32-bit field of all ones stands for a 64-bit one in the zip64 extra, in a fixed order.
    private static long Widen(long field, ref ReadOnlySpan<byte> wide)
    {
        if (field != uint.MaxValue || wide.Length < 8)
            return field;
        long value = BinaryPrimitives.ReadInt64LittleEndian(wide);
        wide = wide[8..];
        return value;
    }

    private (long Offset, long Size, long Count) FindDirectory()
    {
        byte[] tail = new byte[(int)Math.Min(fileBytes, EndBytes + ushort.MaxValue)];
        long tailStart = fileBytes - tail.Length;
        Read(tailStart, tail, "the end of the zip directory");
        for (int i = tail.Length - EndBytes; i >= 0; i--)
        {
            ReadOnlySpan<byte> end = tail.AsSpan(i);
            if (BinaryPrimitives.ReadUInt32LittleEndian(end) != EndSignature || i + EndBytes + BinaryPrimitives.ReadUInt16LittleEndian(end[20..]) != tail.Length)
                continue;
            if (ReadEnd64(tailStart + i) is { } wide)
                return wide;
            return (BinaryPrimitives.ReadUInt32LittleEndian(end[16..]), BinaryPrimitives.ReadUInt32LittleEndian(end[12..]), BinaryPrimitives.ReadUInt16LittleEndian(end[10..]));
        }

        throw Invalid("PyTorchZip", fileBytes, "the zip directory is missing at the end; the file is incomplete");
    }

    private (long Offset, long Size, long Count)? ReadEnd64(long endOffset)
    {
        Span<byte> locator = stackalloc byte[LocatorBytes];
        if (endOffset < LocatorBytes)
            return null;
        Read(endOffset - LocatorBytes, locator, "the zip64 locator");
        if (BinaryPrimitives.ReadUInt32LittleEndian(locator) != Locator64Signature)
            return null;
        long at = BinaryPrimitives.ReadInt64LittleEndian(locator[8..]);
        Span<byte> end = stackalloc byte[56];
        if (at < 0 || at > fileBytes - end.Length)
            throw Invalid("PyTorchZip", endOffset, $"the zip64 directory end is placed at {at:N0}, beyond the file");
        Read(at, end, "the zip64 directory end");
        long offset = BinaryPrimitives.ReadInt64LittleEndian(end[48..]), size = BinaryPrimitives.ReadInt64LittleEndian(end[40..]), count = BinaryPrimitives.ReadInt64LittleEndian(end[32..]);
        if (BinaryPrimitives.ReadUInt32LittleEndian(end) != End64Signature || offset < 0 || size < 0 || count < 0)
            throw Invalid("PyTorchZip", at, "the zip64 directory end is damaged");
        return (offset, size, count);
    }

    private void Read(long offset, Span<byte> destination, string what)
    {
        if (offset < 0 || offset > fileBytes - destination.Length)
            throw Invalid("FileTruncated", offset, $"{what} needs {destination.Length:N0} bytes, which reach beyond the end of the file");
        FileBytes.Read(file, offset, destination, path);
    }

    private HafsException Invalid(string id, long position, string message) => new(ErrorKind.InvalidData, id, $"{path}: byte {position:N0}: {message}", path);

    private readonly record struct Entry(int Flags, int Method, long Size, long LocalOffset);
}
