using System.Runtime.Intrinsics;

namespace HafsModels.Inference.Kernels;

/// <summary>
/// Takes the numbers of a row, sixteen at a time, as a kernel unpacks them. One unpacking loop so serves the scalar product and the
/// widening; implementations are structs, for which the compiler makes separate code with everything inlined.
/// </summary>
internal interface ILaneSink
{
    /// <summary>Takes elements [<paramref name="index"/>, <paramref name="index"/> + 16) of the row.</summary>
    void Take(int index, Vector512<float> numbers);

    /// <summary>As <see cref="Take"/>, into a second chain of sums, so that additions do not wait for each other.</summary>
    void TakeOther(int index, Vector512<float> numbers);

    /// <summary>Takes one element at the end of a row that is not a whole number of lanes.</summary>
    void TakeOne(int index, float number);
}
