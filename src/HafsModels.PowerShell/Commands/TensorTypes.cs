using System.Collections;
using HafsModels.Quantization;

namespace HafsModels.PowerShell.Commands;

/// <summary>Types of tensors as scripts write them: <c>'REGEX=TYPE'</c>, or tables of pattern = type.</summary>
internal static class TensorTypes
{
    /// <summary>The rules, in the order given; [ordered] tables keep theirs.</summary>
    /// <exception cref="HafsException">An item is neither, or a pattern or type is not valid.</exception>
    public static IReadOnlyList<TensorTypeRule> Rules(object[]? items) => [.. (items ?? []).SelectMany(item => Plain.Value(item) switch
    {
        IDictionary table => table.Cast<DictionaryEntry>().Select(e => new TensorTypeRule(Plain.Text(e.Key), BlockFormats.Parse(Plain.Text(e.Value)))),
        { } text => [TensorTypeRule.Parse(Plain.Text(text))],
        null => throw new HafsException(ErrorKind.InvalidArgument, "TensorTypePattern", "a tensor type is null"),
    })];
}
