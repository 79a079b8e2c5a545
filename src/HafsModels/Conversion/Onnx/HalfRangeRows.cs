using HafsModels.Tensors;

namespace HafsModels.Conversion.Onnx;

/// <summary>A tensor on its way into half precision: what is too large is cut off and noted, for infinity would spread over every answer.</summary>
internal sealed class HalfRangeRows(TensorRows source, string name, HalfRange range) : TensorRows
{
    /// <inheritdoc/>
    public override Shape Shape => source.Shape;

    /// <inheritdoc/>
    public override long SourceBytesPerRow => source.SourceBytesPerRow;

    /// <inheritdoc/>
    public override void Read(long firstRow, Span<float> destination)
    {
        source.Read(firstRow, destination);
        int i = 0;
        var limit = new System.Numerics.Vector<float>(HalfRange.Largest);
        for (; i <= destination.Length - System.Numerics.Vector<float>.Count; i += System.Numerics.Vector<float>.Count)
        {
            if (System.Numerics.Vector.GreaterThanAny(System.Numerics.Vector.Abs(new System.Numerics.Vector<float>(destination[i..])), limit))
                break;
        }

        for (; i < destination.Length; i++)
        {
            // Infinity and NaN are left for the check that refuses them.
            if (MathF.Abs(destination[i]) is > HalfRange.Largest and < float.PositiveInfinity and var magnitude)
            {
                range.Note(name, magnitude);
                destination[i] = MathF.CopySign(HalfRange.Largest, destination[i]);
            }
        }
    }
}
