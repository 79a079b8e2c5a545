using System.CommandLine;
using System.Globalization;
using HafsModels;
using HafsModels.Conversion;

namespace Hafs.Commands;

/// <summary><c>hafs models measure</c>: what each tensor would lose under a quantization.</summary>
internal static class MeasureCommand
{
    public static Command Create()
    {
        var model = new Argument<string>("model") { Description = "Id of a registered model, a checkpoint folder, or a GGUF file" };
        var quantization = new Option<string>("--quant", "-q") { Description = "Quantization, see 'hafs quantizations'", DefaultValueFactory = _ => "Q4_K_M", HelpName = "TYPE" };
        var importance = new Option<string?>("--imatrix") { Description = "Importance matrix: a file of 'hafs models imatrix' or llama-imatrix" };
        var effect = new Option<bool>("--effect") { Description = "Also measure how far each tensor alone moves the answers: one run of the model a tensor" };
        var report = new Option<string?>("--report") { Description = "Page (.html) or picture (.svg) to draw as well" };
        var threads = new Option<int>("--threads", "-t") { Description = "Worker threads (default: one a processor)" };
        var json = new Option<bool>("--json") { Description = "Output JSON" };
        var command = new Command("measure", "Tell what each tensor would lose under a quantization; writes no model") { model, quantization, importance, effect, report, threads, json };
        command.SetAction(async (result, cancellation) =>
        {
            Workbench workbench = HafsCommand.Workbench(result);
            (string? modelId, string? path) = HafsCommand.Source(workbench, result.GetRequiredValue(model));
            var request = new ConvertRequest
            {
                ModelId = modelId,
                Path = path,
                Quantization = result.GetRequiredValue(quantization),
                ImportanceMatrix = result.GetValue(importance),
                ReportPath = result.GetValue(report),
                Threads = result.GetValue(threads),
                AllowRequantize = true,
            };
            IReadOnlyList<TensorError> errors = await Terminal.WithProgress("Measuring", progress => Task.Run(() => workbench.MeasureQuantization(request, result.GetValue(effect), progress, cancellation), cancellation));
            if (result.GetValue(json))
                Json.Write(errors);
            else
                Terminal.Table(null, ["Tensor", "Type", "Size", "Relative error", "Largest error", "KL, nats/token"], errors.Where(e => e.Shape.Count > 1).Select(e => new[]
                {
                    e.Name, e.Type.ToString(), HumanNumber.Bytes(e.Bytes), HumanNumber.Percent(e.RelativeError), e.MaxError.ToString("0.00e-0", CultureInfo.InvariantCulture), HumanNumber.Fixed(e.KlDivergence, 6),
                }));
        });
        return command;
    }
}
