using System.IO.Enumeration;

namespace HafsModels.Registry;

/// <summary>Which models match a query.</summary>
internal static class ModelFilter
{
    public static IReadOnlyList<Model> Apply(ModelQuery query, IReadOnlyList<Model> models)
    {
        ArgumentNullException.ThrowIfNull(query);
        var found = new List<Model>();
        foreach (Model model in models)
            if (Matches(query, model))
                found.Add(model);
        return found;
    }

    private static bool Matches(ModelQuery query, Model model) =>
        (query.Ids.Count == 0 || query.Ids.Any(id => Like(id, model.Id)))
        && (query.Role is null || Like(query.Role, model.Role))
        && (query.Location is null || Same(query.Location, model.PrimaryLocation) || model.Locations.Keys.Any(l => Same(query.Location, l)))
        && (query.Backend is null || model.DeployedBackends.Any(b => BackendName.Same(query.Backend, b)))
        && (query.Format is null || model.Formats.Any(f => Same(query.Format, f)))
        && (query.Tags.Count == 0 || query.Tags.All(tag => model.Tags.Any(t => Like(tag, t))))
        && (query.BaseModel is null || Like(query.BaseModel, model.BaseModel));

    // A backslash is a letter here, not an escape.
    private static bool Like(string pattern, string text) =>
        FileSystemName.MatchesSimpleExpression(pattern.Replace("\\", "\\\\", StringComparison.Ordinal), text, ignoreCase: true);

    private static bool Same(string a, string b) => a.Equals(b, StringComparison.OrdinalIgnoreCase);
}
