using HafsModels.Registry;
using Xunit;

namespace HafsModels.Tests.Registry;

public sealed class ModelDescriptionTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("hafsmodels-describe-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void A_trained_checkpoint_describes_itself()
    {
        Model model = ModelDescription.Read(new RegisterRequest { Path = Fixture("kjv-llama"), Tags = ["bible"], Location = "mac" });
        Assert.Equal("kjv-llama", model.Id);
        Assert.Equal(["safetensors"], model.Formats);
        Assert.Equal("kjv", model.DatasetName);
        Assert.Equal(0.003, model.Hyperparameters["learning_rate"]);
        Assert.Equal(1611L, model.Hyperparameters["seed"]);
        Assert.False(model.Hyperparameters.ContainsKey("base_model"));
        Assert.InRange(model.EvalLoss!.Value, 2, 5);
        Assert.Equal(Math.Exp(model.EvalLoss.Value), model.Perplexity);
        Assert.True(model.BestLoss <= model.EvalLoss);
        Assert.True(model.TrainingDurationMinutes > 0);
        Assert.Equal("mac", model.PrimaryLocation);
        Assert.Equal(model.Path, model.Locations["mac"]);
        Assert.Equal(["bible"], model.Tags);
        Assert.Null(model.AdapterPath);
        Assert.Null(model.GitCommit);
    }

    [Theory]
    [InlineData("kjv-qwen2", "safetensors")]
    [InlineData("kjv-llama-gospels", "pytorch")]
    public void Shards_and_pickles_are_formats(string name, string format) =>
        Assert.Equal([format], ModelDescription.Read(new RegisterRequest { Path = Fixture(name) }).Formats);

    [Fact]
    public void An_adapter_brings_its_base_model_and_settings()
    {
        Model model = ModelDescription.Read(new RegisterRequest { Path = Fixture("kjv-llama-lora"), Id = "lora" });
        Assert.Equal("kjv-llama", model.BaseModel);
        Assert.Equal(16L, model.LoraConfig["r"]);
        Assert.Equal(["q_proj", "k_proj", "v_proj", "o_proj"], Assert.IsType<IReadOnlyList<object?>>(model.LoraConfig["target_modules"], exactMatch: false));
        Assert.Equal(model.Path, model.AdapterPath);
        Assert.Equal(1L, model.Hyperparameters["num_train_epochs"]);
    }

    [Fact]
    public void Losses_come_from_the_log()
    {
        Write("model.safetensors", "");
        Write("trainer_state.json", """
            {"log_history": [{"loss": 3.5, "step": 1}, {"eval_loss": 2.0, "step": 1}, {"loss": 2.5, "step": 2}, {"eval_loss": NaN}, {"eval_loss": 2.25, "eval_samples": 40},
             {"train_loss": 3.0, "train_runtime": 5400.4, "train_samples": 1000}], "best_model_checkpoint": "out/checkpoint-1", "max_steps": 2}
            """);
        Model model = ModelDescription.Read(new RegisterRequest { Path = folder });
        Assert.Equal((2.5, 2.0, 2.25), (model.FinalLoss, model.BestLoss, model.EvalLoss));
        Assert.Equal(Math.Exp(2.25), model.Perplexity);
        Assert.Equal((90, 1000, 40), (model.TrainingDurationMinutes, model.TrainSamples, model.ValidationSamples));
        Assert.Equal("out/checkpoint-1", model.CheckpointPath);
        Assert.Equal(2L, model.Hyperparameters["max_steps"]);
    }

    [Theory]
    [InlineData("---\nlicense: mit\nbase_model: Qwen/Qwen2.5-0.5B\n---\n# x", "Qwen/Qwen2.5-0.5B")]
    [InlineData("---\nbase_model:\n- org/first\n- org/second\n---\n", "org/first")]
    [InlineData("---\nbase_model: [\"org/a\", org/b]\n---\n", "org/a")]
    [InlineData("---\nlicense: mit\n---\nbase_model: not-in-the-head\n", "")]
    [InlineData("# base_model: no head\n", "")]
    public void The_head_of_the_model_card_names_the_base_model(string card, string expected)
    {
        Write("model.gguf", "");
        Write("README.md", card);
        Assert.Equal(expected, ModelDescription.Read(new RegisterRequest { Path = folder }).BaseModel);
        Assert.Equal("given", ModelDescription.Read(new RegisterRequest { Path = folder, BaseModel = "given" }).BaseModel);
    }

    [Fact]
    public void A_gguf_file_is_a_model_of_its_own()
    {
        Write("Model-Q4_K_M.gguf", "");
        Write("trainer_state.json", "not read");
        Model model = ModelDescription.Read(new RegisterRequest { Path = Path.Combine(folder, "Model-Q4_K_M.gguf") });
        Assert.Equal("Model-Q4_K_M", model.Id);
        Assert.Equal(["gguf"], model.Formats);
    }

    [Fact]
    public void What_is_no_model_says_why()
    {
        HafsException Error(RegisterRequest request) => Assert.Throws<HafsException>(() => ModelDescription.Read(request));
        Assert.Equal((ErrorKind.NotFound, "ModelPathNotFound"), (Error(new() { Path = Path.Combine(folder, "no") }).Kind, Error(new() { Path = Path.Combine(folder, "no") }).Id));
        Write("training_args.bin", "");
        Write("optimizer.pt", "");
        Assert.Equal("FolderHoldsNoModel", Error(new() { Path = folder }).Id);
        Directory.CreateDirectory(Path.Combine(folder, "checkpoint-5"));
        Write(Path.Combine("checkpoint-5", "model.safetensors"), "");
        Assert.Contains("checkpoint-5", Error(new() { Path = folder }).Hint, StringComparison.Ordinal);
        Assert.Equal("ModelIdInvalid", Error(new() { Path = Path.Combine(folder, "checkpoint-5"), Id = "a/b" }).Id);
        Write("adapter_model.safetensors", "");
        Assert.Equal("AdapterConfigMissing", Error(new() { Path = folder }).Id);
        Write("adapter_config.json", "{\"r\": }");
        HafsException damaged = Error(new() { Path = folder });
        Assert.Equal("ModelFileDamaged", damaged.Id);
        Assert.Contains("line 1, column 7", damaged.Message, StringComparison.Ordinal);
    }

    private static string Fixture(string name) => Path.Combine(Repository.Root, "tests", "models", name);

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(folder, name), text);
}
