using HafsModels.Formats.Gguf;

namespace HafsModels.Registry;

/// <summary>Reads what a GGUF file says about where it comes from into a record.</summary>
internal static class GgufDescription
{
    /// <summary>Fills a record; what the request gives stands before what the file says.</summary>
    /// <param name="model">What is known from the request and the path.</param>
    /// <param name="request">The request.</param>
    public static Model Read(Model model, RegisterRequest request)
    {
        GgufOrigin origin;
        try
        {
            using GgufFile file = GgufFile.Open(model.Path);
            origin = GgufOrigin.Of(file.Metadata);
        }
        catch (HafsException damaged)
        {
            return model with { Warnings = [$"{damaged.Message}; what the file says about itself is not recorded."] };
        }

        Model told = model with
        {
            DisplayName = Or(origin.Name, model.DisplayName),
            Version = Or(origin.Version, model.Version),
            BaseModel = origin.BaseModels is [var first, ..] ? first : "",
            DatasetName = origin.Datasets is [var data, ..] ? data : "",
            Tags = [.. model.Tags.Union(origin.Tags, StringComparer.Ordinal)],
            Author = Or(origin.Author, origin.Organization),
            License = origin.License,
            Description = origin.Description,
            Languages = origin.Languages,
        };
        if (origin.Experiment is { } run)
            told = ModelProvenance.Fill(told, run);
        return told with
        {
            DisplayName = request.DisplayName ?? told.DisplayName,
            Version = request.Version ?? told.Version,
            BaseModel = request.BaseModel ?? told.BaseModel,
            Role = request.Role ?? told.Role,
            Group = request.Group ?? told.Group,
            Parents = Parents(origin.BaseModels, origin.Datasets),
        };
    }

    /// <summary>Base models and data sets beyond the first, for which the record has no place.</summary>
    public static IReadOnlyList<ModelParent> Parents(IEnumerable<string> baseModels, IEnumerable<string> datasets) =>
        [.. baseModels.Skip(1).Select(b => new ModelParent(ModelParentKind.Base, b)), .. datasets.Skip(1).Select(d => new ModelParent(ModelParentKind.Dataset, d))];

    private static string Or(string text, string other) => text.Length > 0 ? text : other;
}
