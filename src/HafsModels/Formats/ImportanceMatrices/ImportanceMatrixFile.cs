using System.Security.Cryptography;
using HafsModels.Formats.Gguf;
using HafsModels.Quantization;
using Microsoft.Win32.SafeHandles;

namespace HafsModels.Formats.ImportanceMatrices;

/// <summary>Reads importance matrices as llama-imatrix writes them: GGUF files, and the binary files that came before (usually <c>.dat</c>).</summary>
public static class ImportanceMatrixFile
{
    // All of it is held in memory; the largest real ones, of hundreds of stacked experts, have some three gigabytes.
    private const long MaxBytes = 1L << 34;

    /// <summary>Reads a file of either form.</summary>
    /// <exception cref="HafsException">The file is not there, is no importance matrix, or breaks a rule of its format.</exception>
    public static ImportanceMatrix Read(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        path = Path.GetFullPath(path);
        using SafeFileHandle file = FileBytes.Open(path);
        if (RandomAccess.GetLength(file) > MaxBytes)
            throw Invalid("ImportanceTooLarge", path, $"the file has {RandomAccess.GetLength(file):N0} bytes; an importance matrix has at most {MaxBytes:N0}");
        var reader = new PositionedReader(file, path);
        bool isGguf = reader.Remaining >= sizeof(uint) && reader.ReadUInt32("the magic number") == GgufHeader.Magic;
        ImportanceMatrix matrix = isGguf ? GgufImportance.Read(path) : BinaryImportance.Read(new PositionedReader(file, path), path);
        return matrix with { Origin = matrix.Origin! with { Sha256 = Hash(path) } };
    }

    /// <summary>The error for a file that breaks a rule.</summary>
    internal static HafsException Invalid(string id, string path, string message, string? hint = null) => new(ErrorKind.InvalidData, id, $"{path}: {message}", path, hint);

    /// <summary>Refuses numbers that no sum of squares and no count can be.</summary>
    internal static void RequireMagnitudes(ReadOnlySpan<float> values, string name, string path)
    {
        for (int i = 0; i < values.Length; i++)
        {
            if (!float.IsFinite(values[i]) || values[i] < 0)
                throw Invalid("ImportanceValue", path, $"{name}: value {i:N0} is {values[i]}; sums of squares and counts are finite and not negative", "The run that measured it went wrong, or the file is damaged; measure again.");
        }
    }

    private static string Hash(string path)
    {
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}
