using System.Buffers;
using System.Runtime.InteropServices;
using HafsModels.Quantization.Onnx;
using Microsoft.Win32.SafeHandles;

namespace HafsModels.Conversion.Onnx;

/// <summary>A MatMulBnb4 weight: numbers, and the largest magnitude of each block. Rows are whole blocks.</summary>
/// <param name="numbersOffset">First byte of the numbers in the output.</param>
/// <param name="magnitudesOffset">First byte of the magnitudes.</param>
internal sealed class NF4Layout(long numbersOffset, long magnitudesOffset) : RowLayout
{
    /// <inheritdoc/>
    public override void Write(long firstRow, ReadOnlySpan<float> rows, int rowLength, SafeFileHandle output)
    {
        byte[] numbers = ArrayPool<byte>.Shared.Rent(rows.Length / 2);
        float[] magnitudes = ArrayPool<float>.Shared.Rent(rows.Length / NF4.BlockSize);
        NF4.Encode(rows, numbers, magnitudes);
        RandomAccess.Write(output, numbers.AsSpan(0, rows.Length / 2), numbersOffset + (firstRow * rowLength / 2));
        RandomAccess.Write(output, MemoryMarshal.AsBytes(magnitudes.AsSpan(0, rows.Length / NF4.BlockSize)), magnitudesOffset + (firstRow * rowLength / NF4.BlockSize * sizeof(float)));
        ArrayPool<byte>.Shared.Return(numbers);
        ArrayPool<float>.Shared.Return(magnitudes);
    }
}
