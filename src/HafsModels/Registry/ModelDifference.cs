namespace HafsModels.Registry;

/// <summary>One thing about two models, side by side.</summary>
/// <param name="ReferenceId">The model compared with.</param>
/// <param name="DifferenceId">The model compared.</param>
/// <param name="Section"><c>metrics</c>, <c>training</c>, <c>data</c>, <c>config</c>, <c>record</c> or <c>artifact</c>.</param>
/// <param name="Name">Its name: a key of the record (<c>hyperparameters.learning_rate</c>), of config.json, or a figure of an artifact.</param>
/// <param name="Reference">The value of the one, or null when it has none.</param>
/// <param name="Difference">The value of the other, or null when it has none.</param>
/// <param name="Change">Other minus one, where both are numbers.</param>
public sealed record ModelDifference(string ReferenceId, string DifferenceId, string Section, string Name, object? Reference, object? Difference, double? Change)
{
    /// <summary>Whether both are the same.</summary>
    public bool IsEqual => Equals(Reference, Difference);
}
