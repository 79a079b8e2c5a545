using System.Security.Cryptography;
using System.Text;
using HafsModels.Registry.Json;

namespace HafsModels.Registry;

/// <summary>Both files of a registry as bytes, read at one moment; null where a file does not exist.</summary>
/// <param name="Main">The registry file.</param>
/// <param name="Sidecar">The file beside it.</param>
internal sealed record RegistryFiles(byte[]? Main, byte[]? Sidecar)
{
    // 10,000 models take 15 MB; anything near the limit is no registry.
    private const long MaxBytes = 512L << 20;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Both documents as files hold them.</summary>
    public static RegistryFiles Of(JsonObject main, JsonObject sidecar) => new(Bytes(main), Bytes(sidecar));

    /// <summary>A document as a file holds it.</summary>
    public static byte[] Bytes(JsonObject content) => Encoding.ASCII.GetBytes(JsonText.Write(content));

    /// <summary>Reads both files; they may be replaced meanwhile.</summary>
    public static RegistryFiles Read(string path) => new(ReadIfThere(path), ReadIfThere(RegistryPath.Sidecar(path)));

    /// <summary>One hash over both.</summary>
    public string Hash()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (byte[]? file in new[] { Main, Sidecar })
        {
            hash.AppendData(BitConverter.GetBytes(file?.LongLength ?? -1));
            hash.AppendData(file ?? []);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    public bool SameAs(RegistryFiles other) => Same(Main, other.Main) && Same(Sidecar, other.Sidecar);

    /// <summary>Parses both files. A damaged sidecar is a problem of the snapshot; a damaged registry is an error.</summary>
    /// <exception cref="HafsException"><see cref="ErrorKind.InvalidData"/>, <c>RegistryDamaged</c>.</exception>
    public RegistrySnapshot Parse(string path)
    {
        var problems = new List<RegistryProblem>();
        JsonObject main = Main is null ? NewMain() : ParseFile(path, path, Main, problems);
        string sidecarPath = RegistryPath.Sidecar(path);
        JsonObject? sidecar = null;
        try
        {
            sidecar = Sidecar is null ? RegistrySidecar.New() : ParseFile(path, sidecarPath, Sidecar, problems);
        }
        catch (HafsException e)
        {
            problems.Add(new(RegistryProblemKind.SidecarDamaged, null, null, e.Message + " Models are listed without their history, and nothing is written."));
        }

        return new RegistrySnapshot(path, main, sidecar, problems);
    }

    public static JsonObject NewMain() => JsonObject.Empty
        .With("version", JsonScalar.Text("1.0")).With("updated_at", JsonScalar.Text("")).With("models", JsonObject.Empty);

    private static JsonObject ParseFile(string registry, string file, byte[] bytes, List<RegistryProblem> problems)
    {
        try
        {
            if (JsonParser.Parse(Decode(file, bytes, problems)) is not JsonObject top)
                throw new JsonTextException(1, 1, "the file holds no object");
            return top["models"] is null or JsonObject ? top : throw new JsonTextException(1, 1, "\"models\" is not an object");
        }
        catch (Exception e) when (e is JsonTextException or DecoderFallbackException)
        {
            string found = bytes.Length == 0 ? "the file is empty" : e is DecoderFallbackException ? "the file is not UTF-8" : e.Message;
            throw new HafsException(ErrorKind.InvalidData, "RegistryDamaged", $"{file}: {found}. Nothing is written to a damaged registry.", registry, RegistryBackups.RestoreHint(registry), e);
        }
    }

    private static string Decode(string file, byte[] bytes, List<RegistryProblem> problems)
    {
        (Encoding Encoding, int Skip)? marked =
            bytes is [0xEF, 0xBB, 0xBF, ..] ? (StrictUtf8, 3)
            : bytes is [0xFF, 0xFE, ..] ? (new UnicodeEncoding(bigEndian: false, byteOrderMark: false, throwOnInvalidBytes: true), 2)
            : bytes is [0xFE, 0xFF, ..] ? (new UnicodeEncoding(bigEndian: true, byteOrderMark: false, throwOnInvalidBytes: true), 2)
            : null;
        if (marked is not { } mark)
            return StrictUtf8.GetString(bytes);
        problems.Add(new(RegistryProblemKind.ByteOrderMark, null, null, $"{file} begins with a byte order mark, on which hafs fails; the next write leaves it out."));
        return mark.Encoding.GetString(bytes, mark.Skip, bytes.Length - mark.Skip);
    }

    private static byte[]? ReadIfThere(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            if (file.Length > MaxBytes)
                throw new HafsException(ErrorKind.InvalidData, "RegistryTooLarge", $"{path}: {file.Length:N0} bytes; at most {MaxBytes:N0} are allowed.", path);

            // hafs may be writing: what is there when we arrive at the end is the file.
            using var bytes = new MemoryStream((int)file.Length + 1);
            file.CopyTo(bytes);
            return bytes.ToArray();
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (UnauthorizedAccessException e)
        {
            throw new HafsException(ErrorKind.PermissionDenied, "RegistryAccessDenied", $"{path}: {e.Message}", path, inner: e);
        }
    }

    private static bool Same(byte[]? a, byte[]? b) => a is null || b is null ? a is null && b is null : a.AsSpan().SequenceEqual(b);
}
