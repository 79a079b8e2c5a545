namespace HafsModels.Tokenizers.Templates;

/// <summary>Variables; inner scopes see outer ones and set only their own.</summary>
internal sealed class TemplateScope(TemplateScope? outer)
{
    private readonly Dictionary<string, object?> variables = new(StringComparer.Ordinal);

    public object? Find(string name)
    {
        for (TemplateScope? scope = this; scope is not null; scope = scope.Outer)
        {
            if (scope.variables.TryGetValue(name, out object? value))
                return value;
        }

        return Undefined.Value;
    }

    public void Set(string name, object? value) => variables[name] = value;

    private TemplateScope? Outer => outer;
}
