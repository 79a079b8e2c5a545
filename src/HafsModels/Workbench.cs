using HafsModels.Conversion;
using HafsModels.Deployment;
using HafsModels.Registry;

namespace HafsModels;

/// <summary>
/// The straight path, for front ends: find, register, convert, publish, test. Joins the rooms and decides nothing. Instances hold only the
/// registry's path, so any number may work at once.
/// </summary>
/// <param name="registryPath">Registry file; null for <c>HAFS_REGISTRY</c>, else <c>~/.context/models/registry.json</c>.</param>
public sealed class Workbench(string? registryPath = null)
{
    /// <summary>Full path of the registry file.</summary>
    public string RegistryPath { get; } = registryPath ?? "";

    /// <summary>Registered models that match, ordered by id.</summary>
    public IReadOnlyList<Model> Find(ModelQuery query) => throw new NotImplementedException();

    /// <summary>One registered model.</summary>
    /// <exception cref="HafsException"><see cref="ErrorKind.NotFound"/>, with the nearest ids as a hint.</exception>
    public Model Get(string id) => throw new NotImplementedException();

    /// <summary>Reads a model folder (config.json, trainer_state.json, training_args.json, adapter_config.json, weights) and the request into a record; writes nothing.</summary>
    public Model Describe(RegisterRequest request) => throw new NotImplementedException();

    /// <summary>Registers a model folder: <see cref="Describe"/>, then stored.</summary>
    public Model Register(RegisterRequest request, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Changes one record under the registry's lock. The id must stay.</summary>
    public Model Update(string id, Func<Model, Model> change, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Removes a record; with <paramref name="deleteFiles"/> also the model folder, adapter and artifacts (never anything outside them).</summary>
    /// <returns>The files and folders that were deleted.</returns>
    public IReadOnlyList<string> Unregister(string id, bool deleteFiles, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>What a conversion would write, exactly; reads headers only.</summary>
    public ConversionPlan PlanConversion(ConvertRequest request) => throw new NotImplementedException();

    /// <summary>Converts, verifies by running both (unless skipped), and records the artifact when the model is registered.</summary>
    public Artifact Convert(ConvertRequest request, IProgress<WorkProgress>? progress, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Deploys an artifact and records the deployment after the backend confirmed it.</summary>
    public Task<ModelDeployment> PublishAsync(PublishRequest request, IProgress<WorkProgress>? progress, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Tests a recorded deployment against the source checkpoint. A failed verdict is a result; an unreachable backend is an error.</summary>
    public Task<DeploymentTest> TestAsync(TestRequest request, IProgress<WorkProgress>? progress, CancellationToken cancellationToken) => throw new NotImplementedException();
}
