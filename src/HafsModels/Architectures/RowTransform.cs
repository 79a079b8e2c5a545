using HafsModels.Tensors;

namespace HafsModels.Architectures;

/// <summary>Arithmetic on a tensor's rows that family data may name.</summary>
/// <param name="SourceShape">The shape it needs to give a shape.</param>
/// <param name="Apply">Wraps rows of that shape; the second argument is the shape to give.</param>
internal sealed record RowTransform(Func<Shape, DecoderConfig, Shape> SourceShape, Func<TensorRows, Shape, DecoderConfig, TensorRows> Apply)
{
    /// <summary>Whether the numbers themselves change, so that the source's type may not hold them.</summary>
    public bool ChangesNumbers { get; init; }
}
