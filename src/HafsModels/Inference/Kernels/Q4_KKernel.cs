using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using HafsModels.Tensors;

namespace HafsModels.Inference.Kernels;

/// <summary>
/// Q4_K: 256 elements in eight groups of 32, each with a scale and an offset (<see cref="GroupScales"/>, 16 bytes), then 128 bytes: each run of
/// 32 holds one group in its low and the next in its high nibbles.
/// </summary>
internal sealed unsafe class Q4_KKernel() : RowKernel(GgmlType.Q4_K)
{
    private const int Elements = 256, Bytes = 144;
    private const int Groups = 8, Nibbles = 16;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void Widen(byte* row, int count, float* destination)
    {
        float* factors = stackalloc float[2 * Groups];
        Vector512<int> mask = Vector512.Create(15);
        for (; count > 0; count -= Elements, row += Bytes)
        {
            GroupScales.Unpack(row).Store(factors);
            for (int pair = 0; pair < Groups; pair += 2, destination += 64)
            {
                byte* nibbles = row + Nibbles + (pair * 16);
                Vector512<int> first = Lanes.LoadBytes(nibbles), second = Lanes.LoadBytes(nibbles + 16);
                Vector512<float> scale = Vector512.Create(factors[pair]), offset = Vector512.Create(factors[pair + Groups]);
                ((Vector512.ConvertToSingle(first & mask) * scale) - offset).Store(destination);
                ((Vector512.ConvertToSingle(second & mask) * scale) - offset).Store(destination + 16);
                scale = Vector512.Create(factors[pair + 1]);
                offset = Vector512.Create(factors[pair + 1 + Groups]);
                ((Vector512.ConvertToSingle(first >>> 4) * scale) - offset).Store(destination + 32);
                ((Vector512.ConvertToSingle(second >>> 4) * scale) - offset).Store(destination + 48);
            }
        }
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override float Dot(byte* row, int count, float* vector, float* sums)
    {
        float* factors = stackalloc float[2 * Groups];
        Vector512<int> mask = Vector512.Create(15);
        Vector512<float> even = default, odd = default, offsets = default;
        for (; count > 0; count -= Elements, row += Bytes, sums += Elements / Activations.GroupSize)
        {
            Vector512<float> unpacked = GroupScales.Unpack(row);
            unpacked.Store(factors);
            offsets = Lanes.MultiplyAdd(GroupScales.Twice(unpacked.GetUpper()), Vector512.Load(sums), offsets);
            float* scale = factors;
            byte* end = row + Bytes;
            for (byte* nibbles = row + Nibbles; nibbles < end; nibbles += 32, vector += 64, scale += 2)
            {
                Vector512<int> first = Lanes.LoadBytes(nibbles), second = Lanes.LoadBytes(nibbles + 16);
                Vector512<float> low = Vector512.ConvertToSingle(first & mask) * Vector512.Load(vector);
                low = Lanes.MultiplyAdd(Vector512.ConvertToSingle(second & mask), Vector512.Load(vector + 16), low);
                Vector512<float> high = Vector512.ConvertToSingle(first >>> 4) * Vector512.Load(vector + 32);
                high = Lanes.MultiplyAdd(Vector512.ConvertToSingle(second >>> 4), Vector512.Load(vector + 48), high);
                even = Lanes.MultiplyAdd(low, Vector512.Create(scale[0]), even);
                odd = Lanes.MultiplyAdd(high, Vector512.Create(scale[1]), odd);
            }
        }

        return Vector512.Sum(even + odd - offsets);
    }
}
