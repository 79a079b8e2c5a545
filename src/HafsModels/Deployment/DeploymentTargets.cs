using HafsModels.Deployment.Halext;
using HafsModels.Deployment.LlamaCpp;
using HafsModels.Deployment.Ollama;
using HafsModels.Deployment.OpenAI;

namespace HafsModels.Deployment;

/// <summary>The table of backends. Completion and help read it; a new backend is one file and one line here.</summary>
public static class DeploymentTargets
{
    /// <summary>Every backend.</summary>
    public static IReadOnlyList<DeploymentTarget> All { get; } = [new EmbeddedTarget(), new LlamaCppTarget(), new OllamaTarget(), new OpenAITarget(), new HalextTarget()];

    /// <summary>The backend of a name, its own or the one hafs has, in any case.</summary>
    /// <exception cref="HafsException">No backend has that name.</exception>
    public static DeploymentTarget Get(string name) =>
        All.FirstOrDefault(t => string.Equals(t.Name, name, StringComparison.OrdinalIgnoreCase) || string.Equals(t.RegistryName, name, StringComparison.OrdinalIgnoreCase))
        ?? throw new HafsException(ErrorKind.InvalidArgument, "UnknownBackend", $"no backend is named {name}", name, "Known: " + string.Join(", ", All.Select(t => t.Name)) + ".");
}
