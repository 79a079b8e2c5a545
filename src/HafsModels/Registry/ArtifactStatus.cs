namespace HafsModels.Registry;

/// <summary>How a recorded file compares with what the registry says about it.</summary>
public enum ArtifactStatus
{
    /// <summary>The bytes are those that were recorded.</summary>
    Unchanged,

    /// <summary>The file is there with other bytes.</summary>
    Changed,

    /// <summary>The file is gone.</summary>
    Missing,

    /// <summary>The file is there; no hash was recorded to compare it with.</summary>
    NotRecorded,
}
