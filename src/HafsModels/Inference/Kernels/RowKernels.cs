using HafsModels.Quantization;
using HafsModels.Tensors;

namespace HafsModels.Inference.Kernels;

/// <summary>The table of kernels: a type with a fast loop of its own has a line here, every other type goes through its block format.</summary>
internal static class RowKernels
{
    /// <summary>The kernels with a loop of their own.</summary>
    public static IReadOnlyList<RowKernel> All { get; } =
    [
        new FloatKernel<F32Format>(GgmlType.F32),
        new FloatKernel<F16Format>(GgmlType.F16),
        new FloatKernel<BF16Format>(GgmlType.BF16),
        new Q8_0Kernel(),
        new Q4_0Kernel(),
        new Q4_KKernel(),
        new Q6_KKernel(),
        new Q5_0Kernel(),
        new Q5_KKernel(),
        new Q2_KKernel(),
        new Q3_KKernel(),
    ];

    /// <summary>The kernel of a type.</summary>
    /// <exception cref="HafsException">The type cannot be decoded here.</exception>
    public static RowKernel Get(GgmlType type) => All.FirstOrDefault(kernel => kernel.Type == type) ?? new BlockRowKernel(BlockFormats.Get(type));
}
