namespace HafsModels.Tokenizers.Templates;

/// <summary>A place in a template.</summary>
/// <param name="Line">Line, from 1; 0 for no place.</param>
/// <param name="Column">Column, from 1, in UTF-16 code units.</param>
internal readonly record struct TemplatePlace(int Line, int Column)
{
    public override string ToString() => $"line {Line}, column {Column}";
}
