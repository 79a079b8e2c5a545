using HafsModels.Tensors;

namespace HafsModels.Inference.Kernels;

/// <summary>
/// A block format whose elements are, in each block of 256, integers of at most 13 bits times one factor, less an offset for each 32. Many vectors
/// are then multiplied with the integers (<see cref="IntegerProducts"/>), which are unpacked once for all of them.
/// </summary>
/// <param name="type">The stored type.</param>
/// <param name="largest">Largest magnitude of the integers.</param>
/// <param name="hasOffsets">Whether there are offsets.</param>
internal abstract unsafe class IntegerRowKernel(GgmlType type, int largest, bool hasOffsets) : RowKernel(type)
{
    /// <summary>Elements with one factor.</summary>
    public const int BlockElements = 256;

    /// <summary>Elements with one offset.</summary>
    public const int GroupElements = 32;

    /// <summary>Groups of a block.</summary>
    public const int BlockGroups = BlockElements / GroupElements;

    /// <summary>Largest magnitude of the integers.</summary>
    public int Largest { get; } = largest;

    /// <summary>Whether there are offsets.</summary>
    public bool HasOffsets { get; } = hasOffsets;

    /// <summary>Unpacks blocks that follow each other.</summary>
    /// <param name="block">First stored byte.</param>
    /// <param name="count">Blocks.</param>
    /// <param name="integers">Takes 256 integers a block.</param>
    /// <param name="factors">Takes a factor a block.</param>
    /// <param name="offsets">Takes eight offsets a block, if there are any.</param>
    public abstract void Unpack(byte* block, int count, short* integers, float* factors, float* offsets);
}
