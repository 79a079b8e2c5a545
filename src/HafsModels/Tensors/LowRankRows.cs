using System.Buffers;
using System.Numerics;

namespace HafsModels.Tensors;

/// <summary>
/// A matrix plus the scaled product of two thin ones: W + s·(L·R), in float. Each element sums its products in the order of the rank, rounded
/// after every product and every addition; then the sum is scaled, then added. W and L are read by rows, R is held whole.
/// </summary>
internal sealed class LowRankRows : TensorRows
{
    private readonly TensorRows weight;
    private readonly TensorRows a;
    private readonly TensorRows b;
    private readonly bool isTransposed;
    private readonly float scale;
    private readonly RecentMatrices matrices;
    private readonly int rank;

    /// <summary>Takes the factors as an adapter stores them.</summary>
    /// <param name="weight">W, [out, in]; [in, out] when <paramref name="isTransposed"/>.</param>
    /// <param name="a">A, [rank, in].</param>
    /// <param name="b">B, [out, rank].</param>
    /// <param name="isTransposed">Whether (B·A)ᵀ is added: then L is Aᵀ and R is Bᵀ, and both are held whole.</param>
    /// <param name="scale">s.</param>
    /// <param name="matrices">Holds what is held whole.</param>
    public LowRankRows(TensorRows weight, TensorRows a, TensorRows b, bool isTransposed, float scale, RecentMatrices matrices)
    {
        this.weight = weight;
        this.a = a;
        this.b = b;
        this.isTransposed = isTransposed;
        this.scale = scale;
        this.matrices = matrices;
        rank = checked((int)a.RowCount);
        Shape product = isTransposed ? new Shape(a.Shape[1], b.Shape[0]) : new Shape(b.Shape[0], a.Shape[1]);
        if (!product.Equals(weight.Shape) || b.RowLength != rank)
            throw new ArgumentException($"factors {b.Shape} and {a.Shape} do not make {weight.Shape}");
    }

    /// <inheritdoc/>
    public override Shape Shape => weight.Shape;

    /// <inheritdoc/>
    public override long SourceBytesPerRow => weight.SourceBytesPerRow + (isTransposed ? 0 : b.SourceBytesPerRow);

    /// <inheritdoc/>
    public override void Read(long firstRow, Span<float> destination)
    {
        weight.Read(firstRow, destination);
        int length = RowLength, count = destination.Length / length;
        float[] right = matrices.Get(isTransposed ? b : a, isTransposed);
        float[] rented = ArrayPool<float>.Shared.Rent(checked(count * rank) + length);
        try
        {
            Span<float> left = rented.AsSpan(0, count * rank), sum = rented.AsSpan(count * rank, length);
            if (isTransposed)
                matrices.Get(a, true).AsSpan(checked((int)(firstRow * rank)), left.Length).CopyTo(left);
            else
                b.Read(firstRow, left);
            for (int row = 0; row < count; row++)
            {
                Multiply(left.Slice(row * rank, rank), right, sum);
                AddScaled(sum, scale, destination.Slice(row * length, length));
            }
        }
        finally
        {
            ArrayPool<float>.Shared.Return(rented);
        }
    }

    // Four ranks at a time: the running sums are loaded and stored a quarter as often.
    private static void Multiply(ReadOnlySpan<float> left, ReadOnlySpan<float> right, Span<float> sum)
    {
        sum.Clear();
        int k = 0, length = sum.Length;
        for (; k + 4 <= left.Length; k += 4)
        {
            ReadOnlySpan<float> r0 = right.Slice(k * length, length), r1 = right.Slice((k + 1) * length, length),
                r2 = right.Slice((k + 2) * length, length), r3 = right.Slice((k + 3) * length, length);
            int i = 0;
            for (; i + Vector<float>.Count <= length; i += Vector<float>.Count)
            {
                Vector<float> total = new Vector<float>(sum[i..]) + new Vector<float>(r0[i..]) * left[k];
                total += new Vector<float>(r1[i..]) * left[k + 1];
                total += new Vector<float>(r2[i..]) * left[k + 2];
                total += new Vector<float>(r3[i..]) * left[k + 3];
                total.CopyTo(sum[i..]);
            }

            for (; i < length; i++)
                sum[i] = sum[i] + r0[i] * left[k] + r1[i] * left[k + 1] + r2[i] * left[k + 2] + r3[i] * left[k + 3];
        }

        for (; k < left.Length; k++)
            AddScaled(right.Slice(k * length, length), left[k], sum);
    }

    private static void AddScaled(ReadOnlySpan<float> numbers, float factor, Span<float> destination)
    {
        int i = 0;
        for (; i + Vector<float>.Count <= numbers.Length; i += Vector<float>.Count)
            (new Vector<float>(destination[i..]) + new Vector<float>(numbers[i..]) * factor).CopyTo(destination[i..]);
        for (; i < numbers.Length; i++)
            destination[i] += numbers[i] * factor;
    }
}
