namespace HafsModels.Tensors;

/// <summary>What a checkpoint says about one tensor.</summary>
/// <param name="Name">Name in the checkpoint, such as <c>model.layers.0.self_attn.q_proj.weight</c>.</param>
/// <param name="Type">Type of the stored elements.</param>
/// <param name="Shape">Dimensions, outermost first.</param>
/// <param name="File">Full path of the file that holds the data.</param>
public sealed record TensorInfo(string Name, ElementType Type, Shape Shape, string File)
{
    /// <summary>Bytes of stored data.</summary>
    public long ByteSize => checked(Shape.ElementCount * Type.ByteSize());
}
