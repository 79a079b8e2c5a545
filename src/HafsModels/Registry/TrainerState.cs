using HafsModels.Registry.Json;

namespace HafsModels.Registry;

/// <summary>
/// What a training run left of itself: <c>trainer_state.json</c> of the transformers trainer, with <c>all_results.json</c> where it was
/// written. Losses are in nats per token.
/// </summary>
internal sealed record TrainerState
{
    /// <summary>The last logged training loss; the mean over the run when no step was logged.</summary>
    public double? FinalLoss { get; private init; }

    /// <summary>The smallest validation loss.</summary>
    public double? BestLoss { get; private init; }

    /// <summary>The last validation loss.</summary>
    public double? EvalLoss { get; private init; }

    /// <summary>exp of the last validation loss.</summary>
    public double? Perplexity => EvalLoss is { } loss ? Math.Exp(loss) : null;

    /// <summary>Length of the run, seconds; 0 when not recorded.</summary>
    public double RuntimeSeconds { get; private init; }

    public long TrainSamples { get; private init; }

    public long ValidationSamples { get; private init; }

    public long TestSamples { get; private init; }

    /// <summary>Whether the training is over: the trainer logged how long it took, or made its last step.</summary>
    public bool IsFinished { get; private init; }

    /// <summary>Folder of the best checkpoint, or null.</summary>
    public string? BestCheckpoint { get; private init; }

    /// <summary>Settings of the run that the state repeats, for runs whose arguments were not saved.</summary>
    public IReadOnlyDictionary<string, object?> Settings { get; private init; } = new Dictionary<string, object?>();

    private static readonly string[] SettingKeys = ["num_train_epochs", "max_steps", "train_batch_size"];

    /// <summary>Reads the files of a folder; everything is empty when there are none.</summary>
    public static TrainerState Read(string folder)
    {
        JsonObject? state = ModelFolderFile.Read(folder, "trainer_state.json");
        JsonObject? results = ModelFolderFile.Read(folder, "all_results.json");
        JsonObject[] log = state?["log_history"] is JsonList list ? [.. list.Items.OfType<JsonObject>()] : [];
        double? Last(string key) => log.Select(line => ModelFolderFile.Number(line, key)).LastOrDefault(v => v is not null) ?? ModelFolderFile.Number(results, key);
        long Samples(string key) => (long)Math.Clamp(Last(key) ?? 0, 0, long.MaxValue / 2);

        double[] validations = [.. log.Select(line => ModelFolderFile.Number(line, "eval_loss")).OfType<double>()];
        double? eval = Last("eval_loss");
        return new TrainerState
        {
            FinalLoss = Last("loss") ?? Last("train_loss"),
            BestLoss = validations.Where(double.IsFinite).DefaultIfEmpty(double.NaN).Min() is var best && double.IsFinite(best) ? best : eval,
            EvalLoss = eval,
            RuntimeSeconds = Last("train_runtime") ?? 0,
            TrainSamples = Samples("train_samples"),
            ValidationSamples = Samples("eval_samples"),
            TestSamples = Samples("test_samples"),
            IsFinished = log.Any(line => ModelFolderFile.Number(line, "train_runtime") is not null)
                || (ModelFolderFile.Number(state, "max_steps") is > 0 and var last && ModelFolderFile.Number(state, "global_step") >= last),
            BestCheckpoint = ModelFolderFile.Text(state, "best_model_checkpoint"),
            Settings = SettingKeys.Where(key => ModelFolderFile.Number(state, key) is not null).ToDictionary(key => key, key => JsonValues.From(state![key]!)),
        };
    }
}
