using System.Globalization;
using HafsModels;
using HafsModels.Conversion;
using HafsModels.Conversion.Onnx;
using HafsModels.Inference;
using HafsModels.Registry;

namespace Hafs;

/// <summary>The tables people see, one method a kind of object.</summary>
internal static class Views
{
    public static void Models(IReadOnlyList<Model> models) => Terminal.Table(
        $"Registered Models ({models.Count})",
        ["Model ID", "Display Name", "Role", "Base Model", "Locations", "Formats", "Backends"],
        models.Select(m => new[]
        {
            m.Id, m.DisplayName, m.Role, m.BaseModel, string.Join(", ", m.Locations.Keys), string.Join(", ", m.Formats),
            m.DeployedBackends.Count == 0 ? "-" : string.Join(", ", m.DeployedBackends),
        }));

    public static void Model(Model model)
    {
        Fields(model.DisplayName,
            ("Model ID", model.Id), ("Version", model.Version), ("Role", model.Role), ("Group", model.Group), ("Base Model", model.BaseModel),
            ("Path", model.Path), ("Formats", string.Join(", ", model.Formats)), ("Tags", string.Join(", ", model.Tags)), ("Notes", model.Notes), ("Author", model.Author), ("Licence", model.License),
            ("Description", model.Description), ("Languages", string.Join(", ", model.Languages)));
        Fields("Training",
            ("Date", model.TrainingDate), ("Duration", $"{model.TrainingDurationMinutes} minutes"), ("Hardware", model.Hardware), ("Device", model.Device),
            ("Data set", model.DatasetName), ("Commit", model.GitCommit ?? ""), ("Samples", $"{model.TrainSamples} train / {model.ValidationSamples} val / {model.TestSamples} test"),
            ("Final loss", HumanNumber.Fixed(model.FinalLoss, 4)), ("Best loss", HumanNumber.Fixed(model.BestLoss, 4)), ("Perplexity", HumanNumber.Fixed(model.Perplexity, 2)));
        Table("Locations", ["Location", "Path"], model.Locations.Select(l => new[] { l.Key == model.PrimaryLocation ? l.Key + " (primary)" : l.Key, l.Value }));
        Table("Artifacts", ["Quantization", "Size", "Bits/weight", "KL", "Top-1", "Path"], model.Artifacts.Select(a => new[]
        {
            a.Quantization, HumanNumber.Bytes(a.SizeBytes), HumanNumber.Fixed(a.BitsPerWeight, 2), HumanNumber.Fixed(a.Fidelity?.MeanKlDivergence, 4),
            a.Fidelity is { } f ? HumanNumber.Percent(f.Top1Agreement) : "-", a.Path,
        }));
        Table("Deployed To", ["Backend", "Name", "Quantization", "Endpoint"], model.Deployments.Select(d => new[] { d.Backend, d.Name, d.Quantization, d.Endpoint }));
    }

    public static void Registered(Model model)
    {
        foreach (string warning in model.Warnings)
            Terminal.Warning(warning);
        Terminal.Done($"Registered model: {model.Id}");
        Terminal.Line($"  Display Name: {model.DisplayName}");
        Terminal.Line($"  Base Model:   {(model.BaseModel.Length == 0 ? "-" : model.BaseModel)}");
        Terminal.Line($"  Location:     {model.PrimaryLocation}:{model.Path}");
        if (model.EvalLoss is { } loss)
            Terminal.Line($"  Eval loss:    {HumanNumber.Fixed(loss, 4)} (perplexity {HumanNumber.Fixed(model.Perplexity, 2)})");
    }

    public static void Plan(ConversionPlan plan) => Fields("Would write",
        ("Output", plan.OutputPath + (plan.OutputExists ? " (exists)" : "")),
        ("Quantization", plan.Quantization), ("Family", plan.Family), ("Parameters", plan.ParameterCount.ToString("N0", CultureInfo.InvariantCulture)),
        ("Tensors", plan.TensorCount.ToString(CultureInfo.InvariantCulture)),
        ("Source", $"{plan.Source}, {HumanNumber.Bytes(plan.SourceBytes)}"),
        ("Size", $"{HumanNumber.Bytes(plan.OutputBytes)} ({plan.OutputBytes.ToString("N0", CultureInfo.InvariantCulture)} bytes)"),
        ("Bits/weight", HumanNumber.Fixed(plan.BitsPerWeight, 3)));

    public static void Merge(MergePlan plan) => Fields("Would write",
        ("Output", plan.OutputPath + (plan.OutputExists ? " (exists)" : "")),
        ("Registered as", plan.NewId ?? "-"), ("Base", plan.BasePath), ("Adapter", plan.AdapterPath), ("Types", plan.DataType),
        ("Parameters", plan.ParameterCount.ToString("N0", CultureInfo.InvariantCulture)),
        ("Tensors", string.Create(CultureInfo.InvariantCulture, $"{plan.TensorCount}: {plan.MergedCount} merged, {plan.ReplacedCount} replaced")),
        ("Weight files", plan.ShardCount.ToString(CultureInfo.InvariantCulture)),
        ("Size", $"{HumanNumber.Bytes(plan.OutputBytes)} ({plan.OutputBytes.ToString("N0", CultureInfo.InvariantCulture)} bytes)"));

    public static void Onnx(OnnxPlan plan) => Fields("Would write",
    [
        ("Output", plan.OutputPath + (plan.OutputExists ? " (a model exists)" : "")), ("Layout", plan.Layout.ToString()), ("Family", plan.Family),
        ("Parameters", plan.ParameterCount.ToString("N0", CultureInfo.InvariantCulture)), ("Source", $"{plan.Source}, {HumanNumber.Bytes(plan.SourceBytes)}"),
        .. plan.Models.Select(m => (m.DataType, $"{HumanNumber.Bytes(m.Bytes)} ({m.Bytes.ToString("N0", CultureInfo.InvariantCulture)} bytes), {HumanNumber.Fixed(m.BitsPerWeight, 3)} bits/weight, files of weights: {m.ChunkCount}")),
    ]);

    public static void Onnx(OnnxPlan plan, IReadOnlyList<Artifact> artifacts)
    {
        Terminal.Done($"Exported as ONNX for {plan.Layout}: {plan.OutputPath}");
        foreach (Artifact artifact in artifacts)
        {
            Terminal.Line($"  {artifact.Quantization}, {HumanNumber.Bytes(artifact.SizeBytes)}, {HumanNumber.Fixed(artifact.BitsPerWeight, 2)} bits/weight: {artifact.Path}");
            if (artifact.Fidelity is { } f)
            {
                Terminal.Line($"    in ONNX Runtime: top-1 {HumanNumber.Percent(f.Top1Agreement)}, mean KL {HumanNumber.Fixed(f.MeanKlDivergence, 5)} nats, "
                    + $"perplexity {HumanNumber.Fixed(f.SourcePerplexity, 3)} -> {HumanNumber.Fixed(f.ResultPerplexity, 3)} over {f.Tokens} tokens, {HumanNumber.Fixed(f.ResultTokensPerSecond, 1)} tokens/s");
            }
        }

        if (artifacts is [{ VerificationNote: { Length: > 0 } note }, ..])
            Terminal.Warning(note);
    }

    public static void Artifact(Artifact artifact)
    {
        Terminal.Done($"Converted to GGUF: {artifact.Path}");
        Terminal.Line($"  {artifact.Quantization}, {HumanNumber.Bytes(artifact.SizeBytes)}, {HumanNumber.Fixed(artifact.BitsPerWeight, 2)} bits/weight, sha256 {artifact.Sha256}");
        if (artifact.Fidelity is { } f)
        {
            Terminal.Line($"  same tokens through both: top-1 {HumanNumber.Percent(f.Top1Agreement)}, mean KL {HumanNumber.Fixed(f.MeanKlDivergence, 5)} nats, "
                + $"perplexity {HumanNumber.Fixed(f.SourcePerplexity, 3)} -> {HumanNumber.Fixed(f.ResultPerplexity, 3)} over {f.Tokens} tokens");
        }

        if (artifact.VerificationNote.Length > 0)
            Terminal.Warning(artifact.VerificationNote);
    }

    public static void Importance(ModelImportance importance)
    {
        Terminal.Done($"Importance of {importance.EntryCount} tensors: {importance.Path}");
        Terminal.Line($"  {importance.ChunkCount} chunks, {importance.Tokens} tokens, perplexity {HumanNumber.Fixed(importance.Perplexity, 4)}, "
            + $"{HumanNumber.Fixed(importance.TokensPerSecond, 0)} tokens/s, sha256 {importance.Sha256}");
    }

    public static void Test(DeploymentTest test)
    {
        if (test.Passed)
            Terminal.Done(test.Message);
        else
            Terminal.Error(test.Message);
        foreach (string note in test.Notes)
            Terminal.Warning(note);
        foreach (DeploymentCheck check in test.Checks)
            Terminal.Line($"  {(check.Passed ? "pass" : "FAIL")}  {check.Name}: {check.Message}");
        Terminal.Table(null, ["Prompt", "Deployment answers", "Source answers", "Same tokens"], test.Answers.Select(a => new[]
        {
            a.Prompt, OneLine(a.Answer), OneLine(a.SourceAnswer), $"{a.AgreeingTokens}/{a.ComparedTokens}",
        }));
        Terminal.Line($"first token {HumanNumber.Fixed(test.FirstTokenMilliseconds, 1)} ms, {HumanNumber.Fixed(test.TokensPerSecond, 1)} tokens/s{(test.MemoryBytes is { } memory ? ", memory " + HumanNumber.Bytes(memory) : "")}");
    }

    /// <summary>Source and result side by side.</summary>
    public static void Comparison(Model source, ConversionPlan plan, Artifact artifact)
    {
        Fidelity? f = artifact.Fidelity;
        double sourceBits = 8.0 * plan.SourceBytes / plan.ParameterCount;
        var rows = new List<string[]>
        {
            new[] { "size", HumanNumber.Bytes(plan.SourceBytes), HumanNumber.Bytes(artifact.SizeBytes) },
            new[] { "bits/weight", HumanNumber.Fixed(sourceBits, 2), HumanNumber.Fixed(artifact.BitsPerWeight, 2) },
        };
        if (f is not null)
        {
            rows.Add(["perplexity", HumanNumber.Fixed(f.SourcePerplexity, 3), HumanNumber.Fixed(f.ResultPerplexity, 3)]);
            rows.Add(["mean KL divergence, nats/token", "", HumanNumber.Fixed(f.MeanKlDivergence, 5)]);
            rows.Add(["same first choice", "", HumanNumber.Percent(f.Top1Agreement)]);
            rows.Add(["tokens/s", HumanNumber.Fixed(f.SourceTokensPerSecond, 0), HumanNumber.Fixed(f.ResultTokensPerSecond, 0)]);
            rows.Add(["greedy text", OneLine(f.SourceText), OneLine(f.ResultText)]);
        }

        Terminal.Table(null, ["", $"{source.Id} ({string.Join(", ", source.Formats)})", Path.GetFileName(artifact.Path)], rows);
    }

    public static void Recipes() => Terminal.Table(
        "Quantizations",
        ["Name", "Bits/weight", "Quality", "Size of 16-bit", "Aliases"],
        HafsModels.Quantization.Recipes.All.Select(r => new[]
        {
            r.Name, HumanNumber.Fixed(r.BitsPerWeight, 2), r.Quality.ToString(CultureInfo.InvariantCulture), HumanNumber.Percent(r.BitsPerWeight / 16), string.Join(", ", r.Aliases),
        }));

    private static void Fields(string title, params (string Name, string Value)[] fields)
    {
        Terminal.Line(title);
        foreach ((string name, string value) in fields.Where(f => f.Value.Length > 0))
            Terminal.Line($"  {name,-13} {value}");
        Terminal.Line();
    }

    private static void Table(string title, IReadOnlyList<string> columns, IEnumerable<string[]> rows)
    {
        string[][] all = [.. rows];
        if (all.Length > 0)
            Terminal.Table(title, columns, all);
    }

    private static string OneLine(string text) => text.ReplaceLineEndings(" ").Trim();
}
