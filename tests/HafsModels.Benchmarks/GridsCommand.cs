using System.Buffers.Binary;
using HafsModels.Tensors;
using HafsModels.Tests.Quantization;

namespace HafsModels.Benchmarks;

/// <summary>
/// Writes src/HafsModels/Quantization/Grids.bin: the points of the codebook grids, read out of libggml by decoding a block for each index. Each point is a
/// little-endian uint16 with its coordinates from the lowest bits up: 2 bits each in eight dimensions (IQ2_XXS, IQ2_XS, IQ2_S, IQ1), then 3 bits each in
/// four dimensions (IQ3_XXS, IQ3_S).
/// </summary>
internal static class GridsCommand
{
    public static int Run(string file)
    {
        Ggml ggml = Arguments.Peer();
        using FileStream output = File.Create(file);
        Write(GgmlType.IQ2_XXS, 256, 8, (block, i) => block[2] = (byte)i);
        Write(GgmlType.IQ2_XS, 512, 8, (block, i) => BinaryPrimitives.WriteUInt16LittleEndian(block.AsSpan(2), (ushort)i));
        Write(GgmlType.IQ2_S, 1024, 8, (block, i) => (block[2], block[66]) = ((byte)i, (byte)(i >> 8)));
        Write(GgmlType.IQ1_S, 2048, 8, (block, i) => (block[2], block[34]) = ((byte)i, (byte)(i >> 8)));
        Write(GgmlType.IQ3_XXS, 256, 4, (block, i) => block[2] = (byte)i);
        Write(GgmlType.IQ3_S, 512, 4, (block, i) => (block[2], block[66]) = ((byte)i, (byte)(i >> 8)));
        return 0;

        // The distinct values of the decoded elements, ascending, are the coordinates 0, 1, 2, ….
        void Write(GgmlType type, int points, int dimensions, Action<byte[], int> setIndex)
        {
            float[][] decoded = new float[points][];
            for (int i = 0; i < points; i++)
            {
                byte[] block = new byte[GgmlTypes.BlockOf(type)!.Value.Bytes];
                BinaryPrimitives.WriteHalfLittleEndian(block, (Half)1);
                setIndex(block, i);
                float[] elements = new float[256];
                ggml.Dequantize(type, block, elements);
                decoded[i] = elements[..dimensions];
            }

            float[] values = [.. decoded.SelectMany(p => p).Distinct().Order()];
            byte[] number = new byte[2];
            foreach (float[] point in decoded)
            {
                int packed = 0;
                for (int d = 0; d < dimensions; d++)
                    packed |= Array.IndexOf(values, point[d]) << d * (dimensions == 8 ? 2 : 3);
                BinaryPrimitives.WriteUInt16LittleEndian(number, (ushort)packed);
                output.Write(number);
            }

            Console.WriteLine($"{type}: {points} points, values {string.Join(' ', values)}");
        }
    }
}
