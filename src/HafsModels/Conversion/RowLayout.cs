using Microsoft.Win32.SafeHandles;

namespace HafsModels.Conversion;

/// <summary>
/// Where the numbers of a tensor's rows go when they do not lie one row after the other: columns first, or apart from their scales. Workers write different
/// rows at once; every byte of the output belongs to one row.
/// </summary>
internal abstract class RowLayout
{
    /// <summary>Encodes rows and writes them to their places.</summary>
    /// <param name="firstRow">Index of the first row.</param>
    /// <param name="rows">Whole rows, finite.</param>
    /// <param name="rowLength">Elements of a row.</param>
    /// <param name="output">The file.</param>
    public abstract void Write(long firstRow, ReadOnlySpan<float> rows, int rowLength, SafeFileHandle output);
}
