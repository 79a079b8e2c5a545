using System.Text;
using System.Text.Unicode;
using Microsoft.Win32.SafeHandles;

namespace HafsModels.Formats;

/// <summary>Opening and positioned reading of user files, with errors that name the file.</summary>
internal static class FileBytes
{
    /// <summary>Opens a file for positioned reads; others may read it or replace it meanwhile.</summary>
    /// <exception cref="HafsException">The file is not there or may not be read.</exception>
    public static SafeFileHandle Open(string path)
    {
        try
        {
            return File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, FileOptions.RandomAccess);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new HafsException(ErrorKind.NotFound, "FileNotFound", $"{path}: there is no such file", path, inner: exception);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new HafsException(ErrorKind.PermissionDenied, "FileNotReadable", $"{path}: may not be read, or is a folder", path, inner: exception);
        }
        catch (IOException exception)
        {
            throw new HafsException(ErrorKind.Unavailable, "FileNotReadable", $"{path}: cannot be opened: {exception.Message}", path, inner: exception);
        }
    }

    /// <summary>Reads a small file whole.</summary>
    /// <exception cref="HafsException">The file is larger than <paramref name="maximumBytes"/>, is not there or may not be read.</exception>
    public static byte[] ReadWhole(string path, int maximumBytes, string tooLargeId)
    {
        using SafeFileHandle file = Open(path);
        long length = RandomAccess.GetLength(file);
        if (length > maximumBytes)
            throw new HafsException(ErrorKind.InvalidData, tooLargeId, $"{path}: the file is {length:N0} bytes; at most {maximumBytes:N0} are allowed", path);
        byte[] bytes = new byte[length];
        Read(file, 0, bytes, path);
        return bytes;
    }

    /// <summary>Reads a small text file whole: its UTF-8, without a byte order mark.</summary>
    /// <exception cref="HafsException">As for <see cref="ReadWhole"/>; or the file is not UTF-8, with <paramref name="invalidId"/>.</exception>
    public static ReadOnlyMemory<byte> ReadText(string path, int maximumBytes, string tooLargeId, string invalidId)
    {
        ReadOnlyMemory<byte> text = ReadWhole(path, maximumBytes, tooLargeId);
        if (text.Span.StartsWith(Encoding.UTF8.Preamble))
            text = text[Encoding.UTF8.Preamble.Length..];
        return Utf8.IsValid(text.Span) ? text : throw new HafsException(ErrorKind.InvalidData, invalidId, $"{path}: not UTF-8", path);
    }

    /// <summary>Fills <paramref name="destination"/> from <paramref name="offset"/> on.</summary>
    /// <exception cref="HafsException">The file ends before.</exception>
    public static void Read(SafeFileHandle file, long offset, Span<byte> destination, string name)
    {
        while (destination.Length > 0)
        {
            int count;
            try
            {
                count = RandomAccess.Read(file, destination, offset);
            }
            catch (IOException exception)
            {
                throw new HafsException(ErrorKind.Unavailable, "FileNotReadable", $"{name}: byte {offset:N0}: cannot be read: {exception.Message}", name, inner: exception);
            }

            if (count == 0)
            {
                throw new HafsException(
                    ErrorKind.InvalidData,
                    "FileTruncated",
                    $"{name}: byte {offset:N0}: the file ends, but {destination.Length:N0} more bytes belong there",
                    name,
                    "The file became shorter while it was read, or is incomplete.");
            }

            destination = destination[count..];
            offset += count;
        }
    }
}
