using System.CommandLine;
using HafsModels;
using HafsModels.Registry;
using HafsModels.Registry.Training;

namespace Hafs.Commands;

/// <summary><c>hafs training …</c>: what a training run calls when it is over, and what waits for that.</summary>
internal static class TrainingCommand
{
    public static Command Create() => new("training", "Training runs")
    {
        ModelsCommand.Register("register-model", "Register what a training run wrote; reads its trainer_state.json"),
        Watch(),
    };

    private static Command Watch()
    {
        var folder = new Argument<string>("folder") { Description = "Folder of training runs, down to four levels" };
        var convertTo = new Option<string[]>("--convert-to") { Description = "Quantization to convert each run to, such as Q4_K_M; may be given again", DefaultValueFactory = _ => [] };
        var baseModel = new Option<string?>("--base", "-b") { Description = "Base model (default: what the runs' files say)" };
        var role = new Option<string?>("--role", "-r") { Description = "Role, such as general, asm, debug" };
        var location = new Option<string?>("--location", "-l") { Description = "Location: mac, windows, cloud, halext (default: this machine's)" };
        var quiet = new Option<int>("--quiet-seconds") { Description = "Seconds for which no file of a run may have changed", DefaultValueFactory = _ => 10 };
        var once = new Option<bool>("--once") { Description = "Register the runs that are over now, and end" };
        var json = new Option<bool>("--json") { Description = "Output JSON, a document for each thing that happened" };
        quiet.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 0 or > 86_400)
                result.AddError("--quiet-seconds must lie between 0 and 86400");
        });
        var command = new Command("watch", "Register training runs of a folder as they end, until Ctrl+C") { folder, convertTo, baseModel, role, location, quiet, once, json };
        command.SetAction(async (result, cancellation) =>
        {
            var request = new TrainingWatchRequest
            {
                Folder = result.GetRequiredValue(folder),
                ConvertTo = result.GetRequiredValue(convertTo),
                Record = new RegisterRequest { Path = "", BaseModel = result.GetValue(baseModel), Role = result.GetValue(role), Location = result.GetValue(location) },
                Quiet = TimeSpan.FromSeconds(result.GetValue(quiet)),
                Once = result.GetValue(once),
            };
            HafsException? failure = null;
            try
            {
                await HafsCommand.Workbench(result).WatchAsync(request, e => Show(e, result.GetValue(json), ref failure), null, cancellation);
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                return ExitCodes.Success;
            }

            return failure is null ? ExitCodes.Success : ExitCodes.For(failure.Kind);
        });
        return command;
    }

    private static void Show(TrainingWatchEvent happened, bool json, ref HafsException? failure)
    {
        if (happened.Error is { } error)
        {
            Terminal.Error(error);
            failure = error;
        }
        else if (json && happened.Model is { } registered)
            Json.Write(registered.ToRecordJson());
        else if (json)
            Json.Write(happened.Artifact);
        else if (happened.Model is { } model)
            Views.Registered(model);
        else
            Terminal.Done($"{happened.Artifact!.ModelId}: {happened.Artifact.Path} ({HumanNumber.Bytes(happened.Artifact.SizeBytes)})");
    }
}
