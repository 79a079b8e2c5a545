using System.Buffers.Binary;
using System.IO.Compression;

namespace HafsModels.Tests.Formats.PyTorch;

/// <summary>Makes the zip files that torch.save makes, and damaged ones.</summary>
internal static class TorchZip
{
    /// <summary>An archive of a pickle and its storages.</summary>
    public static byte[] File(byte[] pickle, params (string Key, byte[] Data)[] storages) =>
        Entries([("archive/data.pkl", pickle), ("archive/byteorder", "little"u8.ToArray()), .. storages.Select(s => ($"archive/data/{s.Key}", s.Data)), ("archive/version", "3\n"u8.ToArray())]);

    public static byte[] Entries(IEnumerable<(string Name, byte[] Data)> entries, CompressionLevel level = CompressionLevel.NoCompression)
    {
        using var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach ((string name, byte[] data) in entries)
            {
                using Stream entry = zip.CreateEntry(name, level).Open();
                entry.Write(data);
            }
        }

        return bytes.ToArray();
    }

    /// <summary>Overwrites a 32-bit field in the record of the first central directory entry (<c>PK 1 2</c>) or of the end (<c>PK 5 6</c>).</summary>
    public static byte[] Patch(byte[] zip, ReadOnlySpan<byte> signature, int field, uint value)
    {
        byte[] patched = [.. zip];
        BinaryPrimitives.WriteUInt32LittleEndian(patched.AsSpan(patched.AsSpan().IndexOf(signature) + field), value);
        return patched;
    }
}
