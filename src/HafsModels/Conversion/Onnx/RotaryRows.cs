using HafsModels.Tensors;

namespace HafsModels.Conversion.Onnx;

/// <summary>Cosines or sines by which pairs are turned: a row for each position, computed as it is asked for.</summary>
/// <param name="frequencies">Radians a position for each pair.</param>
/// <param name="magnitude">What they are multiplied with.</param>
/// <param name="positions">Positions.</param>
/// <param name="isSine">Sines, not cosines.</param>
internal sealed class RotaryRows(float[] frequencies, float magnitude, int positions, bool isSine) : TensorRows
{
    /// <inheritdoc/>
    public override Shape Shape { get; } = new(positions, frequencies.Length);

    /// <inheritdoc/>
    public override long SourceBytesPerRow => 0;

    /// <inheritdoc/>
    public override void Read(long firstRow, Span<float> destination)
    {
        for (int i = 0; i < destination.Length; i++)
        {
            float angle = (firstRow + (i / frequencies.Length)) * frequencies[i % frequencies.Length];
            destination[i] = (isSine ? MathF.Sin(angle) : MathF.Cos(angle)) * magnitude;
        }
    }
}
