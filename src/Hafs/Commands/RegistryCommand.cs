using System.CommandLine;
using System.Globalization;
using HafsModels;
using HafsModels.Registry;

namespace Hafs.Commands;

/// <summary><c>hafs registry …</c>: care for the registry itself.</summary>
internal static class RegistryCommand
{
    public static Command Create() => new("registry", "Backups, repair and copies of the registry") { Check(), Repair(), Backup(), Backups(), Restore(), Copy() };

    private static Command Check()
    {
        var json = new Option<bool>("--json") { Description = "Output JSON" };
        var command = new Command("check", "Tell what hafs would stumble over; exit code 1 when there is something") { json };
        command.SetAction(result =>
        {
            IReadOnlyList<RegistryProblem> problems = HafsCommand.Workbench(result).Registry.Problems;
            Show(problems, result.GetValue(json), "No problems");
            return problems.Count == 0 ? ExitCodes.Success : ExitCodes.Failure;
        });
        return command;
    }

    private static Command Repair()
    {
        var dryRun = new Option<bool>("--dry-run") { Description = "Tell what would be mended, and write nothing" };
        var json = new Option<bool>("--json") { Description = "Output JSON" };
        var command = new Command("repair", "Make the registry load in hafs again; what hafs cannot have moves to the sidecar") { dryRun, json };
        command.SetAction((result, cancellation) =>
        {
            Show(HafsCommand.Workbench(result).Registry.Repair(!result.GetValue(dryRun), cancellation), result.GetValue(json), "Nothing to mend");
            return Task.CompletedTask;
        });
        return command;
    }

    private static Command Backup()
    {
        var output = new Option<string?>("--output", "-o") { Description = "File to write (default: among the rolling backups, never dropped)" };
        var command = new Command("backup", "Copy the registry and its sidecar") { output };
        command.SetAction((result, cancellation) =>
        {
            Terminal.Done("Backed up to " + HafsCommand.Workbench(result).Registry.Backup(result.GetValue(output), cancellation));
            return Task.CompletedTask;
        });
        return command;
    }

    private static Command Backups()
    {
        var json = new Option<bool>("--json") { Description = "Output JSON" };
        var command = new Command("backups", "List backups, newest first, with what changed after each") { json };
        command.SetAction(result =>
        {
            IReadOnlyList<RegistryBackup> backups = HafsCommand.Workbench(result).Registry.Backups();
            if (result.GetValue(json))
                Json.Write(backups);
            else if (backups.Count == 0)
                Terminal.Line("No backups");
            else
                Terminal.Table($"Backups ({backups.Count})", ["Made", "Models", "Kept", "Changes after it", "Path"], backups.Select(b => new[]
                {
                    b.CreatedAt.LocalDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture), b.Models.ToString(CultureInfo.InvariantCulture), b.IsKept ? "yes" : "",
                    b.IsReadable ? Summary(b.Changes) : "cannot be read", b.Path,
                }));
        });
        return command;
    }

    private static Command Restore()
    {
        var from = new Argument<string?>("backup") { Description = "Backup to go back to (default: the newest that can be read)", Arity = ArgumentArity.ZeroOrOne };
        var dryRun = new Option<bool>("--dry-run") { Description = "Tell what would change, and write nothing" };
        var yes = new Option<bool>("--yes", "-y") { Description = "Do not ask" };
        var json = new Option<bool>("--json") { Description = "Output JSON" };
        var command = new Command("restore", "Go back to a backup; the state it replaces is backed up in turn") { from, dryRun, yes, json };
        command.SetAction((result, cancellation) =>
        {
            ModelRegistry registry = HafsCommand.Workbench(result).Registry;
            string? backup = result.GetValue(from);
            IReadOnlyList<RegistryChange> changes = registry.Restore(backup, apply: false, cancellation);
            if (!result.GetValue(dryRun))
            {
                if (!result.GetValue(yes) && !Terminal.Confirm($"Restore {backup ?? "the newest backup"} ({Summary(changes)})?"))
                    throw new HafsException(ErrorKind.InvalidArgument, "NotConfirmed", "restoring was not confirmed", registry.Path, "Answer y, or pass --yes.");
                changes = registry.Restore(backup, apply: true, cancellation);
            }

            if (result.GetValue(json))
                Json.Write(changes);
            else
                Terminal.Done((result.GetValue(dryRun) ? "Would restore: " : "Restored: ") + Summary(changes));
            return Task.CompletedTask;
        });
        return command;
    }

    private static Command Copy()
    {
        var destination = new Argument<string>("destination") { Description = "Registry to copy to: a file, or postgres://USER@HOST:PORT/DATABASE" };
        var force = new Option<bool>("--force", "-f") { Description = "Replace what the destination holds" };
        var dryRun = new Option<bool>("--dry-run") { Description = "Tell what would change, and write nothing" };
        var command = new Command("copy", "Copy everything to another registry") { destination, force, dryRun };
        command.SetAction((result, cancellation) =>
        {
            bool apply = !result.GetValue(dryRun);
            IReadOnlyList<RegistryChange> changes = HafsCommand.Workbench(result).Registry.CopyTo(result.GetRequiredValue(destination), result.GetValue(force), apply, cancellation);
            Terminal.Done((apply ? "Copied: " : "Would copy: ") + Summary(changes));
            return Task.CompletedTask;
        });
        return command;
    }

    private static string Summary(IReadOnlyList<RegistryChange> changes) => changes.Count == 0
        ? "nothing changes"
        : string.Join(", ", changes.GroupBy(c => c.Kind).Select(g => $"{g.Count()} {g.Key.ToString().ToLowerInvariant()}"));

    private static void Show(IReadOnlyList<RegistryProblem> problems, bool json, string none)
    {
        if (json)
            Json.Write(problems);
        else if (problems.Count == 0)
            Terminal.Done(none);
        else
            Terminal.Table($"Problems ({problems.Count})", ["Kind", "Model", "Key", "Message"], problems.Select(p => new[] { p.Kind.ToString(), p.ModelId ?? "", p.Key ?? "", p.Message }));
    }
}
