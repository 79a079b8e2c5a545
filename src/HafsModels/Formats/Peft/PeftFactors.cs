using HafsModels.Tensors;

namespace HafsModels.Formats.Peft;

/// <summary>What an adapter adds to one module's weight: s·B·A.</summary>
/// <param name="Module">Name of the module in the base model, such as <c>model.layers.0.self_attn.q_proj</c>.</param>
/// <param name="A">A, [rank, in]; of an embedding [rank, rows].</param>
/// <param name="B">B, [out, rank].</param>
/// <param name="Scale">s.</param>
/// <param name="IsEmbedding">Whether it is a table of rows, to which (B·A)ᵀ is added.</param>
internal sealed record PeftFactors(string Module, TensorRows A, TensorRows B, float Scale, bool IsEmbedding)
{
    /// <summary>Rank of the product.</summary>
    public int Rank => (int)A.RowCount;
}
