using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using HafsModels.Tensors;

namespace HafsModels.Inference.Kernels;

/// <summary>Rows of floating-point numbers without blocks.</summary>
/// <typeparam name="TFormat">How a number is stored.</typeparam>
internal sealed unsafe class FloatKernel<TFormat>(GgmlType type) : RowKernel(type)
    where TFormat : IFloatFormat
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void Widen(byte* row, int count, float* destination)
    {
        for (; count >= Lanes.Count; count -= Lanes.Count)
        {
            TFormat.Load(row).Store(destination);
            row += Lanes.Count * TFormat.Size;
            destination += Lanes.Count;
        }

        for (int i = 0; i < count; i++)
            destination[i] = TFormat.LoadOne(row + (i * TFormat.Size));
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override Vector256<float> Dot(byte* row, int count, Activations activations)
    {
        float* vector = activations.Numbers;
        Vector512<float> a = default, b = default, c = default, d = default;
        for (; count >= 4 * Lanes.Count; count -= 4 * Lanes.Count)
        {
            a = Lanes.MultiplyAdd(TFormat.Load(row), Vector512.Load(vector), a);
            b = Lanes.MultiplyAdd(TFormat.Load(row + (Lanes.Count * TFormat.Size)), Vector512.Load(vector + Lanes.Count), b);
            c = Lanes.MultiplyAdd(TFormat.Load(row + (2 * Lanes.Count * TFormat.Size)), Vector512.Load(vector + (2 * Lanes.Count)), c);
            d = Lanes.MultiplyAdd(TFormat.Load(row + (3 * Lanes.Count * TFormat.Size)), Vector512.Load(vector + (3 * Lanes.Count)), d);
            row += 4 * Lanes.Count * TFormat.Size;
            vector += 4 * Lanes.Count;
        }

        Vector512<float> sums = a + b + (c + d);
        float rest = 0;
        for (int i = 0; i < count; i++)
            rest += TFormat.LoadOne(row + (i * TFormat.Size)) * vector[i];
        return sums.GetLower() + sums.GetUpper() + Vector256.CreateScalar(rest);
    }
}
