using HafsModels.Registry;

namespace HafsModels.Tests.Registry;

/// <summary>Records with something in every place.</summary>
internal static class Samples
{
    public static Model Full(string id) => new()
    {
        Id = id,
        DisplayName = "Oracle: Farore",
        Version = "v2",
        BaseModel = "Qwen/Qwen2.5-Coder-1.5B",
        Role = "asm",
        Group = "rom-tooling",
        TrainingDate = "2025-12-22T10:11:12.123456",
        TrainingDurationMinutes = 90,
        DatasetName = "alttp",
        DatasetPath = @"D:\data\alttp",
        TrainSamples = 1000,
        ValidationSamples = 100,
        TestSamples = 10,
        DatasetQuality = new Dictionary<string, object?> { ["acceptance_rate"] = 0.6, ["n"] = 3L },
        FinalLoss = 0.5,
        BestLoss = 1e-5,
        EvalLoss = double.NaN,
        Perplexity = 1e22,
        LoraConfig = new Dictionary<string, object?> { ["r"] = 16L, ["target_modules"] = new List<object?> { "q_proj", "v_proj" } },
        Hyperparameters = new Dictionary<string, object?> { ["lr"] = 2e-4, ["nested"] = new Dictionary<string, object?> { ["x"] = null, ["y"] = true } },
        Hardware = "windows-rtx-5060",
        Device = "cuda",
        Path = @"D:\models\full",
        CheckpointPath = "c",
        AdapterPath = "a",
        Formats = ["pytorch", "gguf"],
        Locations = new Dictionary<string, string> { ["windows"] = @"D:\models\full" },
        PrimaryLocation = "windows",
        DeployedBackends = ["ollama"],
        OllamaModelName = "farore",
        HalextNodeId = "node",
        GitCommit = "abc",
        Notes = "line\nline \"quoted\" \u007f",
        Tags = ["t", "ü"],
        CreatedAt = "2025-12-22T10:11:12",
        UpdatedAt = "2025-12-22T10:11:12",
    };

    public static ModelDeployment Deployment(string id, string backend, string name) => new()
    {
        ModelId = id,
        Backend = backend,
        Name = name,
        Endpoint = "http://127.0.0.1:1",
        ArtifactPath = "/out/a.gguf",
        ArtifactSha256 = "ab",
        Quantization = "Q4_K_M",
        DeployedAt = DateTimeOffset.UnixEpoch,
    };
}
