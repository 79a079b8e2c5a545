namespace HafsModels.Transfer.Remote;

/// <summary>A file that is read from an offset to its end.</summary>
/// <param name="Path">The file, as its machine spells it.</param>
/// <param name="Offset">First byte.</param>
/// <param name="Bytes">Size of the whole file.</param>
internal readonly record struct FileRange(string Path, long Offset, long Bytes);
