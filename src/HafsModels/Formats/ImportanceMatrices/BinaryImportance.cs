using System.Runtime.InteropServices;
using System.Text;
using HafsModels.Quantization;

namespace HafsModels.Formats.ImportanceMatrices;

/// <summary>The binary form from before GGUF: entries one after the other, then, in younger files, how it was measured.</summary>
internal static class BinaryImportance
{
    private const int MaxEntries = 1 << 20;
    private const int MaxNameBytes = 255;
    private const int MaxDatasetBytes = 1 << 16;

    // Name length, one byte of name, calls, count, one value.
    private const int MinimumEntryBytes = 4 + 1 + 4 + 4 + 4;

    public static ImportanceMatrix Read(PositionedReader reader, string path)
    {
        int entries = Count(reader, path, "the number of entries", Math.Min(MaxEntries, (reader.Remaining - sizeof(int)) / MinimumEntryBytes), "The file is neither a GGUF file nor an older importance matrix.");
        var columns = new Dictionary<string, ReadOnlyMemory<float>>(entries, StringComparer.Ordinal);
        for (int i = 0; i < entries; i++)
        {
            string name = Text(reader, Count(reader, path, $"the length of name {i:N0}", MaxNameBytes), "a name");
            if (!columns.TryAdd(name, Weights(reader, name, path)))
                throw ImportanceMatrixFile.Invalid("ImportanceDuplicate", path, $"{name} has two entries");
        }

        int chunks = 0;
        string dataset = "";
        if (reader.Remaining > 0)
        {
            chunks = Count(reader, path, "the number of chunks", int.MaxValue, least: 0);
            dataset = Text(reader, Count(reader, path, "the length of the dataset's name", MaxDatasetBytes, least: 0), "the dataset's name");
        }

        if (reader.Remaining > 0)
            throw ImportanceMatrixFile.Invalid("ImportanceTrailingData", path, $"byte {reader.Position:N0}: {reader.Remaining:N0} bytes follow the end");
        return new ImportanceMatrix(columns) { Origin = new(Path.GetFileName(path), "", dataset.Length == 0 ? null : dataset, chunks, entries) };
    }

    // Sums over calls, or means where no calls are stated.
    private static float[] Weights(PositionedReader reader, string name, string path)
    {
        int calls = (int)reader.ReadUInt32($"the calls of {name}");
        int count = Count(reader, path, $"the number of values of {name}", (reader.Remaining - sizeof(int)) / sizeof(float));
        float[] weights = new float[count];
        reader.Read(MemoryMarshal.AsBytes(weights.AsSpan()), $"the values of {name}");
        ImportanceMatrixFile.RequireMagnitudes(weights, name, path);
        for (int i = 0; calls > 0 && i < weights.Length; i++)
            weights[i] /= calls;
        return weights;
    }

    private static int Count(PositionedReader reader, string path, string what, long most, string? hint = null, int least = 1)
    {
        long at = reader.Position;
        int count = (int)reader.ReadUInt32(what);
        return count >= least && count <= most ? count : throw ImportanceMatrixFile.Invalid(
            "ImportanceCount", path, $"byte {at:N0}: {what} is {count:N0}; {least} to {most:N0} are possible here", hint);
    }

    private static string Text(PositionedReader reader, int bytes, string what)
    {
        byte[] text = new byte[bytes];
        reader.Read(text, what);
        return Encoding.UTF8.GetString(text);
    }
}
