namespace HafsModels.Tokenizers.Templates;

/// <summary>What <c>namespace()</c> makes: members that may be set from inside loops.</summary>
internal sealed class TemplateNamespace(IEnumerable<KeyValuePair<string, object?>> members)
{
    public Dictionary<string, object?> Members { get; } = new(members, StringComparer.Ordinal);
}
