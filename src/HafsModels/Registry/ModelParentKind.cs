namespace HafsModels.Registry;

/// <summary>What a model came from.</summary>
public enum ModelParentKind
{
    /// <summary>The model it was trained from.</summary>
    Base,

    /// <summary>Data it was trained on.</summary>
    Dataset,

    /// <summary>An adapter that was merged into it.</summary>
    Adapter,

    /// <summary>One of the models it was merged from.</summary>
    Merge,

    /// <summary>The training checkpoint it was saved from.</summary>
    Checkpoint,
}
