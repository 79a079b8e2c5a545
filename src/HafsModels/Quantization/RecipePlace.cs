namespace HafsModels.Quantization;

/// <summary>Which of the tensors of one role is meant.</summary>
/// <param name="Index">Its number, from 0: <paramref name="Ordinal"/>, or the block for feed-forward matrices of experts.</param>
/// <param name="Count">How many there are in the model.</param>
/// <param name="Ordinal">How many came before it, block by block, without those whose type was chosen otherwise.</param>
internal readonly record struct RecipePlace(int Index, int Count, int Ordinal);
