using System.Text.Json.Serialization;

namespace HafsModels.Registry;

/// <summary>How the sidecar spells records: snake_case; infinities and NaN as strings, since System.Text.Json has no literal for them.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals, UseStringEnumConverter = true)]
[JsonSerializable(typeof(Artifact))]
[JsonSerializable(typeof(ModelDeployment))]
[JsonSerializable(typeof(DeploymentTest))]
[JsonSerializable(typeof(ModelParent))]
internal sealed partial class SidecarJson : JsonSerializerContext;
