using System.Buffers;

namespace HafsModels.Tensors;

/// <summary>
/// Numbers in MXFP4 as checkpoints store it (OCP Microscaling 1.0): groups of 32 elements of E2M1, element 2i in the low and 2i + 1 in the high half of byte i, and
/// a power of two for each group, biased by 127.
/// </summary>
/// <param name="codes">Bytes: rows of 16, one for each group.</param>
/// <param name="exponents">Bytes: as many rows as the result, an element for each group.</param>
/// <param name="shape">The shape to give.</param>
internal sealed class MicroscaledRows(TensorRows codes, TensorRows exponents, Shape shape) : TensorRows
{
    /// <summary>Elements that share an exponent.</summary>
    public const int Group = 32;

    private const int Bias = 127;

    private static readonly float[] Values = [0, 0.5f, 1, 1.5f, 2, 3, 4, 6, -0f, -0.5f, -1, -1.5f, -2, -3, -4, -6];

    /// <inheritdoc/>
    public override Shape Shape { get; } = shape;

    /// <inheritdoc/>
    public override long SourceBytesPerRow => (RowLength / 2) + (RowLength / Group);

    /// <inheritdoc/>
    public override void Read(long firstRow, Span<float> destination)
    {
        int groups = destination.Length / Group, groupsPerRow = RowLength / Group, bytes = Group / 2;
        float[] packed = ArrayPool<float>.Shared.Rent(groups * bytes), scales = ArrayPool<float>.Shared.Rent(groups);
        codes.Read(firstRow * groupsPerRow, packed.AsSpan(0, groups * bytes));
        exponents.Read(firstRow, scales.AsSpan(0, groups));
        for (int group = 0; group < groups; group++)
        {
            float scale = MathF.ScaleB(1, (int)scales[group] - Bias);
            Span<float> numbers = destination.Slice(group * Group, Group);
            for (int i = 0; i < bytes; i++)
            {
                int code = (int)packed[(group * bytes) + i];
                numbers[2 * i] = Values[code & 15] * scale;
                numbers[(2 * i) + 1] = Values[code >> 4] * scale;
            }
        }

        ArrayPool<float>.Shared.Return(packed);
        ArrayPool<float>.Shared.Return(scales);
    }
}
