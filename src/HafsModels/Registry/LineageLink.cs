namespace HafsModels.Registry;

/// <summary>One step of a lineage: something was made from something else.</summary>
/// <param name="From">The parent: a model id, else a name, path or address.</param>
/// <param name="To">What was made: a model id, the path of an artifact, or <c>backend:name</c> of a deployment.</param>
/// <param name="Relation">How: <c>base</c>, <c>dataset</c>, <c>adapter</c>, <c>merge</c>, <c>checkpoint</c>, <c>artifact</c> or <c>deployment</c>.</param>
/// <param name="Detail">Recipe of an artifact or deployment, version of a model, or empty.</param>
public sealed record LineageLink(string From, string To, string Relation, string Detail);
