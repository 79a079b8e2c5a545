namespace HafsModels.Registry.Training;

/// <summary>A training run that is over.</summary>
/// <param name="Folder">Its folder.</param>
/// <param name="Error">What is wrong with its files, or null.</param>
internal sealed record TrainingRun(string Folder, HafsException? Error);
