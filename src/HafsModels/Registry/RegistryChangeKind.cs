namespace HafsModels.Registry;

/// <summary>How a model differs between two states of a registry.</summary>
public enum RegistryChangeKind
{
    /// <summary>Only the later state has it.</summary>
    Added,

    /// <summary>Only the earlier state has it.</summary>
    Removed,

    /// <summary>Both have it, with different values.</summary>
    Changed,
}
