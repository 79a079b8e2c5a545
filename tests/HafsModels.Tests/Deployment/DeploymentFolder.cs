using HafsModels.Architectures;
using HafsModels.Conversion;
using HafsModels.Deployment;
using HafsModels.Quantization;
using HafsModels.Registry;
using HafsModels.Tokenizers;

namespace HafsModels.Tests.Deployment;

/// <summary>A registry of its own, GGUF files made for a test, and the end of every server that was started for it.</summary>
internal sealed class DeploymentFolder : IDisposable
{
    /// <summary>Spaces and letters beyond ASCII are part of the test.</summary>
    public string Path { get; } = Directory.CreateTempSubdirectory("hafs dëploy ").FullName;

    public Workbench Workbench => new(System.IO.Path.Combine(Path, "registry.json"));

    /// <summary>How the real llama-server is started.</summary>
    public static ServerOptions Server => new() { Program = Peers.LlamaBin, ContextLength = 512, Arguments = ["-t", "1", "-np", "1", "-ngl", "0", "--no-webui"] };

    /// <summary>Registers a trained model and a file made of it.</summary>
    /// <param name="model">Folder of a trained model.</param>
    /// <param name="recipe">How its weights are stored.</param>
    /// <param name="vocabulary">Changes what the file says of tokens.</param>
    /// <param name="metadata">Changes what it says of itself.</param>
    /// <param name="change">Changes what it holds.</param>
    public Artifact Register(
        string model, string recipe = "Q8_0", Func<Vocabulary, Vocabulary>? vocabulary = null, Dictionary<string, object>? metadata = null, Func<ModelFolder, ExportPlan, ExportPlan>? change = null)
    {
        string folder = Directory.Exists(model) ? model : Repository.PathOf("tests", "models", model), id = System.IO.Path.GetFileName(folder);
        Workbench.Register(new RegisterRequest { Path = folder, Id = id, Force = true }, default);
        string path = System.IO.Path.Combine(Path, $"{id}-{recipe}.gguf");
        using ModelFolder opened = ModelFolder.Open(folder);
        Vocabulary tokens = Vocabulary.Load(folder);
        ExportPlan plan = GgufExport.Plan(opened, vocabulary?.Invoke(tokens) ?? tokens, new(Recipes.Get(recipe)), new GgufExportOptions { Name = id, Metadata = metadata ?? [] });
        string hash = PlanRunner.Run(change?.Invoke(opened, plan) ?? plan, path, 2, false, null, default);
        return Workbench.Registry.AddArtifact(
            new Artifact { ModelId = id, Path = path, Format = "gguf", Quantization = recipe, Sha256 = hash, SizeBytes = new FileInfo(path).Length, CreatedAt = DateTimeOffset.UtcNow }, default);
    }

    public void Dispose()
    {
        foreach (ModelDeployment deployment in Workbench.Find(new ModelQuery()).SelectMany(m => m.Deployments))
        {
            if (deployment.Server is { } server)
                DetachedProcess.StopAsync(server, default).GetAwaiter().GetResult();
        }

        Directory.Delete(Path, recursive: true);
    }
}
