using System.Runtime.InteropServices;
using System.Text;
using HafsModels.Tests.Formats.Gguf;

namespace HafsModels.Tests.Formats.ImportanceMatrices;

/// <summary>Makes files of importance matrices field by field, also those that no writer would make.</summary>
internal static class ImportanceFiles
{
    private const uint F32 = 0, U32 = 4, Text = 8, List = 9;

    /// <summary>Writes the binary form with values as they are (one call), without a dataset.</summary>
    public static void WriteBinary(string path, IReadOnlyDictionary<string, ReadOnlyMemory<float>> columns) =>
        File.WriteAllBytes(path, Binary(columns.Count, [.. columns.Select(c => Entry(c.Key, 1, c.Value.Span))]));

    /// <summary>The binary form: a count of entries, and what follows it.</summary>
    public static byte[] Binary(int entries, params byte[][] parts) => [.. BitConverter.GetBytes(entries), .. parts.SelectMany(p => p)];

    /// <summary>An entry of the binary form.</summary>
    public static byte[] Entry(string name, int calls, params ReadOnlySpan<float> values) =>
        [.. Name(name), .. BitConverter.GetBytes(calls), .. BitConverter.GetBytes(values.Length), .. MemoryMarshal.AsBytes(values)];

    /// <summary>The end of the binary form: chunks and dataset.</summary>
    public static byte[] Tail(int chunks, string dataset) => [.. BitConverter.GetBytes(chunks), .. Name(dataset)];

    /// <summary>The GGUF form with the usual keys: one dataset, d.txt, of three chunks.</summary>
    public static byte[] Gguf(params (string Name, float[] Values)[] tensors) => Gguf(skip: "", tensors);

    /// <summary>The GGUF form without one of its keys.</summary>
    public static byte[] Gguf(string skip, params (string Name, float[] Values)[] tensors)
    {
        (string Name, Action<GgufBytes> Write)[] keys =
        [
            ("imatrix.datasets", f => f.U32(List).U32(Text).U64(1).Text("d.txt")),
            ("imatrix.chunk_count", f => f.U32(U32).U32(3)),
            ("imatrix.chunk_size", f => f.U32(U32).U32(512)),
        ];
        keys = [.. keys.Where(k => k.Name != skip)];
        var file = new GgufBytes(tensors: (ulong)tensors.Length, keys: (ulong)keys.Length);
        foreach ((string name, Action<GgufBytes> write) in keys)
            write(file.Text(name));
        ulong offset = 0;
        foreach ((string name, float[] values) in tensors)
        {
            file.Tensor(name, F32, offset, (ulong)values.Length);
            offset += (ulong)(values.Length * sizeof(float) + 31) / 32 * 32;
        }

        file.Data(0);
        foreach ((_, float[] values) in tensors)
            file.U8(MemoryMarshal.AsBytes(values.AsSpan())).Data(0);
        return file.ToArray();
    }

    private static byte[] Name(string text) => [.. BitConverter.GetBytes(Encoding.UTF8.GetByteCount(text)), .. Encoding.UTF8.GetBytes(text)];
}
