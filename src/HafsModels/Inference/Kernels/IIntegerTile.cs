namespace HafsModels.Inference.Kernels;

/// <summary>Multiplies four rows of integers with a few vectors at once, all sums in registers.</summary>
internal unsafe interface IIntegerTile
{
    /// <summary>Largest activation; with it and the largest integer of a kernel goes how many products a lane holds.</summary>
    const int LargestActivation = 32767;

    /// <summary>Vectors it takes at once.</summary>
    static abstract int Vectors { get; }

    /// <summary>Multiplies; offsets are not looked at.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="row">First of the four.</param>
    /// <param name="batch">The vectors.</param>
    /// <param name="first">First of them.</param>
    /// <param name="vectors">How many; at least one.</param>
    /// <param name="block">Block of the vectors that the first of the rows' belongs to.</param>
    /// <param name="blocks">Blocks.</param>
    /// <param name="sums">Takes four products a vector.</param>
    static abstract void Multiply(in UnpackedRows rows, int row, ActivationBatch batch, int first, int vectors, int block, int blocks, float* sums);
}
