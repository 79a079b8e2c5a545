namespace HafsModels.Registry;

/// <summary>Something a model came from.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Reference">Id of a registered model, else a name on the hub, a path or an address.</param>
/// <param name="Sha256">Hash of what was used, lower-case hex; empty when not known.</param>
public sealed record ModelParent(ModelParentKind Kind, string Reference, string Sha256 = "");
