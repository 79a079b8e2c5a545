namespace HafsModels.Exports;

/// <summary>What an export would do to what is there.</summary>
public enum ExportState
{
    /// <summary>Nothing is there.</summary>
    New,

    /// <summary>The export is there, and nothing that it was made of has changed since.</summary>
    Unchanged,

    /// <summary>An export of this model is there, and would be replaced.</summary>
    Replaces,

    /// <summary>What is there is an export of something else, or was changed by hand: it is replaced when that is asked for.</summary>
    NeedsForce,
}
