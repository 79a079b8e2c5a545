using System.CommandLine;
using HafsModels;
using HafsModels.Deployment;
using HafsModels.Measurement;

namespace Hafs.Commands;

/// <summary><c>hafs models evaluate | compare-deployments</c>: how good the files made of a model are, and how two deployments answer.</summary>
internal static class EvaluationCommands
{
    public static Command Evaluate(Argument<string> id)
    {
        var quantization = new Option<string[]>("--quant", "-q") { Description = "Quantization of a GGUF file to measure; may be repeated (default: all)" };
        var paths = new Option<string[]>("--gguf") { Description = "Further GGUF file made of the model; may be repeated" };
        var text = new Option<string?>("--text-file") { Description = "File with the text to predict (default: a built-in text)" };
        var tokens = new Option<int>("--max-tokens") { Description = "Most tokens of the text (default: as many as take minutes at most)" };
        var report = new Option<string?>("--report") { Description = "Page (.html) or picture (.svg) with charts to write as well" };
        var threads = new Option<int>("--threads", "-t") { Description = "Worker threads (default: one a processor)" };
        var json = new Option<bool>("--json") { Description = "Output JSON" };
        var command = new Command("evaluate", "Measure perplexity, divergence from the source and speed of a model and its GGUF files") { id, quantization, paths, text, tokens, report, threads, json };
        command.SetAction(async (result, cancellation) =>
        {
            Workbench workbench = HafsCommand.Workbench(result);
            var request = new MeasureRequest
            {
                ModelId = result.GetRequiredValue(id),
                Quantizations = result.GetValue(quantization) ?? [],
                Paths = result.GetValue(paths) ?? [],
                EvaluationText = result.GetValue(text) is { } file ? await File.ReadAllTextAsync(file, cancellation) : null,
                MaxTokens = result.GetValue(tokens),
                Threads = result.GetValue(threads),
                ReportPath = result.GetValue(report),
            };
            IReadOnlyList<ModelMeasurement> all = await Terminal.WithProgress("Measuring", progress => Task.Run(() => workbench.Measure(request, progress, cancellation), cancellation));
            if (result.GetValue(json))
                Json.Write(all);
            else
                Terminal.Table(null, ["Quantization", "Memory", "Perplexity", "KL, nats/token", "Same first choice", "Prompt tokens/s", "Tokens/s"], all.Select(m => new[]
                {
                    m.Quantization, HumanNumber.Bytes(m.WeightBytes), HumanNumber.Fixed(m.Perplexity, 3), HumanNumber.Fixed(m.MeanKlDivergence, 5), HumanNumber.Percent(m.Top1Agreement),
                    HumanNumber.Fixed(m.PromptTokensPerSecond, 0), HumanNumber.Fixed(m.TokensPerSecond, 1),
                }));
        });
        return command;
    }

    public static Command Compare(Argument<string> id)
    {
        var other = new Argument<string>("other-id") { Description = "Id of the model to compare; may be the same on another backend" };
        var backend = new Option<string?>("--backend", "-b") { Description = "Backend of the first (default: its newest deployment)" };
        var otherBackend = new Option<string?>("--other-backend") { Description = "Backend of the other (default: its newest deployment)" };
        var name = new Option<string?>("--name", "-n") { Description = "Name of the first on its backend" };
        var otherName = new Option<string?>("--other-name") { Description = "Name of the other on its backend" };
        var prompts = new Option<string[]>("--prompt", "-p") { Description = "Prompt to ask; may be repeated (default: built-in prompts)" };
        var file = new Option<string?>("--prompt-file") { Description = "File of prompts with expected answers: .json, .jsonl, or a prompt a line" };
        var raw = new Option<bool>("--raw") { Description = "Continue the prompts as plain text, without the chat template" };
        var tokens = new Option<int>("--max-tokens") { Description = "Tokens to generate for each prompt", DefaultValueFactory = _ => 64 };
        var report = new Option<string?>("--report") { Description = "Page (.html) or picture (.svg) with charts to write as well" };
        var json = new Option<bool>("--json") { Description = "Output JSON" };
        var command = new Command("compare-deployments", "Ask two deployments the same prompts") { id, other, backend, otherBackend, name, otherName, prompts, file, raw, tokens, report, json };
        command.SetAction(async (result, cancellation) =>
        {
            Workbench workbench = HafsCommand.Workbench(result);
            var request = new CompareRequest
            {
                ReferenceId = result.GetRequiredValue(id),
                DifferenceId = result.GetRequiredValue(other),
                ReferenceBackend = result.GetValue(backend),
                DifferenceBackend = result.GetValue(otherBackend),
                ReferenceName = result.GetValue(name),
                DifferenceName = result.GetValue(otherName),
                Prompts = new TestRequest
                {
                    ModelId = result.GetRequiredValue(other),
                    Prompts = result.GetValue(prompts) ?? [],
                    PromptFile = result.GetValue(file),
                    Raw = result.GetValue(raw),
                    MaxTokens = result.GetValue(tokens),
                },
                ReportPath = result.GetValue(report),
            };
            DeploymentComparison comparison = await Terminal.WithProgress("Comparing", progress => workbench.CompareAsync(request, progress, cancellation));
            if (result.GetValue(json))
            {
                Json.Write(comparison);
                return;
            }

            Terminal.Table(null, ["Prompt", comparison.Reference, comparison.Difference, "Same start"], comparison.Answers.Select(a => new[]
            {
                HumanNumber.OneLine(a.Prompt, 40), HumanNumber.OneLine(a.Reference, 60), HumanNumber.OneLine(a.Difference, 60), HumanNumber.Percent(a.CommonStart),
            }));
            Terminal.Line($"same answers {HumanNumber.Percent(comparison.SameAnswers)}"
                + (comparison.Expected > 0 ? $", as expected {comparison.ReferencePassed} and {comparison.DifferencePassed} of {comparison.Expected}" : "")
                + $", tokens/s {HumanNumber.Fixed(comparison.ReferenceTokensPerSecond, 1)} and {HumanNumber.Fixed(comparison.DifferenceTokensPerSecond, 1)}");
        });
        return command;
    }
}
