namespace HafsModels.Registry;

/// <summary>One model that differs between two states of a registry.</summary>
/// <param name="Kind">How it differs.</param>
/// <param name="ModelId">The model.</param>
/// <param name="Keys">Keys of the record that differ, then lists of the sidecar (<c>artifacts</c>, <c>deployments</c>…); empty when the model was added or removed.</param>
public sealed record RegistryChange(RegistryChangeKind Kind, string ModelId, IReadOnlyList<string> Keys);
