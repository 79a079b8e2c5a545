namespace HafsModels.Tokenizers.Templates;

/// <summary>A list that is shown in round brackets: <c>(a, b)</c>, and the pairs of a dictionary.</summary>
internal sealed class TemplateTuple(IEnumerable<object?> items) : List<object?>(items);
