namespace HafsModels.PowerShell.Pipeline;

/// <summary>What a progress bar shows.</summary>
/// <param name="Activity">What is going on.</param>
/// <param name="Status">The thing being worked on, and how much of it at what speed.</param>
/// <param name="Percent">Whole percent of the bytes, 100 only when all are done; -1 when the total is unknown.</param>
/// <param name="SecondsRemaining">Time left at the present speed; -1 when not known yet.</param>
/// <param name="IsCompleted">Whether the bar goes away.</param>
internal sealed record ProgressDrawing(string Activity, string Status, int Percent, int SecondsRemaining, bool IsCompleted);
