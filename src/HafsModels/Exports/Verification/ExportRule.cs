namespace HafsModels.Exports.Verification;

/// <summary>Something that must hold of an export.</summary>
/// <param name="Name">What is looked at.</param>
/// <param name="Look">Looks, and tells what was found; throws where it does not hold.</param>
/// <param name="Runs">Whether the model is run for it, which reads all its weights.</param>
internal sealed record ExportRule(string Name, Func<ExportContents, string> Look, bool Runs = false)
{
    /// <summary>Whether it is looked at.</summary>
    public Func<ExportTestOptions, bool> When { get; init; } = _ => true;
}
