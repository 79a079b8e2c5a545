using HafsModels.Quantization;
using HafsModels.Tensors;

namespace HafsModels.Inference.Kernels;

/// <summary>The table of kernels: a type with a fast loop of its own has a line here, every other type goes through its block format.</summary>
internal static class RowKernels
{
    /// <summary>The kernels with a loop of their own.</summary>
    public static IReadOnlyList<RowKernel> All { get; } =
    [
        new UnpackingKernel<F32Unpacking>(GgmlType.F32),
        new UnpackingKernel<F16Unpacking>(GgmlType.F16),
        new UnpackingKernel<BF16Unpacking>(GgmlType.BF16),
    ];

    /// <summary>The kernel of a type.</summary>
    /// <exception cref="HafsException">The type cannot be decoded here.</exception>
    public static RowKernel Get(GgmlType type) => All.FirstOrDefault(kernel => kernel.Type == type) ?? new BlockRowKernel(BlockFormats.Get(type));
}
