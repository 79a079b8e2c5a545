using System.CommandLine;
using HafsModels;
using HafsModels.Transfer;

namespace Hafs.Commands;

/// <summary><c>hafs models pull</c> and <c>push</c>.</summary>
internal static class TransferCommands
{
    public static Command Pull(Argument<string> id)
    {
        var source = new Option<string?>("--source", "-s") { Description = "Machine it comes from, or HOST:PATH (default: the primary location)" };
        var destination = new Option<string?>("--dest", "-d") { Description = "Folder to write (default: local_models_dir of sync.toml, else ~/Code/hafs/models, and the id)" };
        Option<string?> location = Location();
        Option<bool> dryRun = DryRun(), json = Json();
        var command = new Command("pull", "Bring a model from another machine, through a mount or ssh; taken up where it broke off") { id, source, destination, location, dryRun, json };
        command.SetAction((result, cancellation) =>
        {
            var request = new TransferRequest { ModelId = result.GetRequiredValue(id), Host = result.GetValue(source), Destination = result.GetValue(destination), Location = result.GetValue(location) };
            Workbench workbench = HafsCommand.Workbench(result);
            return RunAsync("Receiving", workbench.PlanReceive(request), result.GetValue(dryRun), result.GetValue(json), p => workbench.ReceiveAsync(request, p, cancellation), cancellation);
        });
        return command;
    }

    public static Command Push(Argument<string> id)
    {
        var destination = new Option<string>("--dest", "-d") { Description = "Machine it goes to, or HOST:PATH (default path: models/ID in the home folder there)", Required = true };
        Option<string?> location = Location();
        Option<bool> dryRun = DryRun(), json = Json();
        var command = new Command("push", "Send a model to another machine, through a mount or ssh; taken up where it broke off") { id, destination, location, dryRun, json };
        command.SetAction((result, cancellation) =>
        {
            var request = new TransferRequest { ModelId = result.GetRequiredValue(id), Host = result.GetRequiredValue(destination), Location = result.GetValue(location) };
            Workbench workbench = HafsCommand.Workbench(result);
            return RunAsync("Sending", workbench.PlanSend(request), result.GetValue(dryRun), result.GetValue(json), p => workbench.SendAsync(request, p, cancellation), cancellation);
        });
        return command;
    }

    private static async Task<int> RunAsync(string title, TransferPlan plan, bool dryRun, bool json, Func<IProgress<WorkProgress>?, Task<TransferResult>> run, CancellationToken cancellation)
    {
        if (dryRun)
        {
            Terminal.Line($"{plan.ModelId}: from {plan.From} to {plan.To} by {plan.Method}, recorded as '{plan.Location}'");
            return ExitCodes.Success;
        }

        TransferResult moved;
        try
        {
            moved = await Terminal.WithProgress(title, run);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            Terminal.Error($"cancelled; what has arrived stays at {plan.To}.partial, and the next transfer goes on from there");
            return ExitCodes.Cancelled;
        }

        if (json)
            Hafs.Json.Write(moved);
        else
            Terminal.Done($"{moved.ModelId}: {moved.Files} files, {HumanNumber.Bytes(moved.Bytes)} at {moved.Path} ('{moved.Location}'), {HumanNumber.Bytes((long)((moved.Bytes - moved.ResumedBytes) / Math.Max(moved.Duration.TotalSeconds, 1e-3)))}/s by {moved.Method}");
        return ExitCodes.Success;
    }

    private static Option<string?> Location() => new("--location", "-l") { Description = "Name of the copy among the model's locations" };

    private static Option<bool> DryRun() => new("--dry-run") { Description = "Say what would be moved, and move nothing" };

    private static Option<bool> Json() => new("--json") { Description = "Output JSON" };
}
