namespace HafsModels.Tokenizers;

/// <summary>A token that is found whole in the text before anything is split.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Content">Its text.</param>
/// <param name="Special">Whether it steers the model and is left out of shown text.</param>
/// <param name="Normalized">Whether it is looked for in the normalized text instead of the raw one.</param>
/// <param name="SingleWord">Whether it counts only between non-word characters.</param>
/// <param name="StripsLeft">Whether it takes the white space before it along.</param>
/// <param name="StripsRight">Whether it takes the white space after it along.</param>
internal sealed record AddedToken(int Id, string Content, bool Special, bool Normalized, bool SingleWord, bool StripsLeft, bool StripsRight);
