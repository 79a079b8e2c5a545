namespace HafsModels.Registry;

/// <summary>What rehashing one recorded file showed.</summary>
/// <param name="ModelId">The model.</param>
/// <param name="Path">Full path of the file.</param>
/// <param name="Kind"><c>artifact</c>, or <c>source</c> for a file of the checkpoint an artifact was made from.</param>
/// <param name="Status">How it compares with its record.</param>
/// <param name="SizeBytes">Size now, bytes; null when the file is gone.</param>
/// <param name="RecordedBytes">Size when it was recorded, bytes; null when not known.</param>
/// <param name="Sha256">Hash now, lower-case hex; empty when the size tells already that it changed, or the file is gone.</param>
/// <param name="RecordedSha256">Hash when it was recorded; empty when not known.</param>
public sealed record ArtifactCheck(
    string ModelId, string Path, string Kind, ArtifactStatus Status, long? SizeBytes, long? RecordedBytes, string Sha256, string RecordedSha256)
{
    /// <summary>Whether nothing drifted.</summary>
    public bool Passed => Status is ArtifactStatus.Unchanged or ArtifactStatus.NotRecorded;
}
