using System.Buffers.Binary;
using System.Text;

namespace HafsModels.Tests.Formats.SafeTensors;

/// <summary>Makes safetensors files byte by byte, also those that no writer would make.</summary>
internal static class SafeTensorsBytes
{
    /// <summary>A file of a header and that many zero bytes of data.</summary>
    public static byte[] File(string header, int dataBytes = 0) => File(Encoding.UTF8.GetBytes(header), new byte[dataBytes]);

    public static byte[] File(byte[] header, byte[] data) => [.. Length((ulong)header.Length), .. header, .. data];

    public static byte[] Length(ulong length)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, length);
        return bytes;
    }

    /// <summary>The header's entry of a vector of floats.</summary>
    public static string Floats(string name, long begin, long end) =>
        $$"""
        "{{name}}":{"dtype":"F32","shape":[{{(end - begin) / 4}}],"data_offsets":[{{begin}},{{end}}]}
        """;
}
