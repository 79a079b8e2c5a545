using System.Buffers;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace HafsModels.Conversion.Onnx;

/// <summary>Writes some rows of a matrix that is stored columns first: a piece of every column.</summary>
internal static class ColumnWriter
{
    // Columns that are exchanged together: their pieces stay in the first-level cache.
    private const int Band = 16;

    /// <summary>Writes.</summary>
    /// <typeparam name="T">A number as it is stored.</typeparam>
    /// <param name="rows">Whole rows.</param>
    /// <param name="rowLength">Elements of a row.</param>
    /// <param name="firstRow">Index of the first of them.</param>
    /// <param name="rowCount">Rows of the whole matrix.</param>
    /// <param name="offset">First byte of the matrix.</param>
    /// <param name="output">The file.</param>
    public static void Write<T>(ReadOnlySpan<T> rows, int rowLength, long firstRow, long rowCount, long offset, SafeFileHandle output)
        where T : unmanaged
    {
        int count = rows.Length / rowLength, size = Marshal.SizeOf<T>();
        T[] exchanged = ArrayPool<T>.Shared.Rent(rows.Length);
        for (int from = 0; from < rowLength; from += Band)
        {
            int end = Math.Min(from + Band, rowLength);
            for (int row = 0; row < count; row++)
            {
                for (int column = from; column < end; column++)
                    exchanged[(column * count) + row] = rows[(row * rowLength) + column];
            }
        }

        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes<T>(exchanged.AsSpan(0, rows.Length));
        if (count == rowCount)
        {
            RandomAccess.Write(output, bytes, offset);
        }
        else
        {
            for (int column = 0; column < rowLength; column++)
                RandomAccess.Write(output, bytes.Slice(column * count * size, count * size), offset + (((column * rowCount) + firstRow) * size));
        }

        ArrayPool<T>.Shared.Return(exchanged);
    }
}
