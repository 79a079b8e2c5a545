using System.CommandLine;
using System.Globalization;
using HafsModels;
using HafsModels.Registry;

namespace Hafs.Commands;

/// <summary>The commands of <c>hafs models</c> about where a model came from and what became of it: <c>lineage</c>, <c>compare</c>, <c>verify</c>, <c>alias</c>.</summary>
internal static class HistoryCommands
{
    public static Command Lineage(Argument<string> id)
    {
        var svg = new Option<string?>("--svg") { Description = "SVG file to draw it to as well" };
        var json = new Option<bool>("--json") { Description = "Output JSON" };
        var command = new Command("lineage", "Show what a model came from and what was made of it") { id, svg, json };
        command.SetAction(result =>
        {
            ModelRegistry registry = HafsCommand.Workbench(result).Registry;
            Model model = registry.Get(result.GetRequiredValue(id));
            IReadOnlyList<LineageLink> links = registry.Lineage(model.Id);
            if (result.GetValue(svg) is { } path)
                File.WriteAllText(path, LineageDrawing.Draw(model.Id, links));
            if (result.GetValue(json))
                Json.Write(links);
            else
                Terminal.Table($"Lineage of {model.Id}", ["From", "Relation", "To", "Detail"], links.Select(l => new[] { l.From, l.Relation, l.To, l.Detail }));
        });
        return command;
    }

    public static Command Compare(Argument<string> id)
    {
        var other = new Argument<string>("other-id") { Description = "Id of the model to compare" };
        var all = new Option<bool>("--all", "-a") { Description = "Show what is equal as well" };
        var json = new Option<bool>("--json") { Description = "Output JSON" };
        var command = new Command("compare", "Show metrics, training, data and architecture of two models side by side") { id, other, all, json };
        command.SetAction(result =>
        {
            ModelRegistry registry = HafsCommand.Workbench(result).Registry;
            Model reference = registry.Get(result.GetRequiredValue(id)), difference = registry.Get(result.GetRequiredValue(other));
            ModelDifference[] rows = [.. ModelComparison.Compare(reference, difference).Where(d => result.GetValue(all) || !d.IsEqual)];
            if (result.GetValue(json))
                Json.Write(rows);
            else
                Terminal.Table(null, ["", "", reference.Id, difference.Id, "change"], rows.Select(d => new[] { d.Section, d.Name, Text(d.Reference), Text(d.Difference), d.Change is { } c ? c.ToString("+0.######;-0.######;0", CultureInfo.InvariantCulture) : "" }));
        });
        return command;
    }

    public static Command Verify(Argument<string> id)
    {
        var json = new Option<bool>("--json") { Description = "Output JSON" };
        var command = new Command("verify", "Rehash what was made of a model; exit code 1 when something drifted") { id, json };
        command.SetAction(async (result, cancellation) =>
        {
            Model model = HafsCommand.Workbench(result).Get(result.GetRequiredValue(id));
            ArtifactCheck[] checks = await Terminal.WithProgress("Checking", progress => Task.Run(() => ModelVerification.Check(model, progress, cancellation).ToArray(), cancellation));
            if (result.GetValue(json))
                Json.Write(checks);
            else
                Terminal.Table(null, ["Status", "Kind", "Size", "Path"], checks.Select(c => new[] { c.Status.ToString(), c.Kind, c.SizeBytes is { } bytes ? HumanNumber.Bytes(bytes) : "", c.Path }));
            return checks.All(c => c.Passed) ? ExitCodes.Success : ExitCodes.Failure;
        });
        return command;
    }

    public static Command Alias(Argument<string> id)
    {
        var alias = new Argument<string>("alias") { Description = "Name such as production; FAMILY@production means the model from now on" };
        var family = new Option<string?>("--family") { Description = "Family of which the model is a version (default: the one it is in)" };
        var remove = new Option<bool>("--remove") { Description = "End the alias" };
        var command = new Command("alias", "Let a name such as production mean a model within its family") { id, alias, family, remove };
        command.SetAction((result, cancellation) =>
        {
            ModelRegistry registry = HafsCommand.Workbench(result).Registry;
            Model model = registry.Get(result.GetRequiredValue(id));
            if (result.GetValue(family) is { } name)
                model = registry.SetFamily(model.Id, name, cancellation);
            string label = result.GetRequiredValue(alias);
            if (!result.GetValue(remove))
            {
                registry.SetAlias(model.Id, label, cancellation);
                Terminal.Done($"{model.Family}@{label} is {model.Id}");
            }
            else if (registry.RemoveAlias(model.Family, label, cancellation))
            {
                Terminal.Done($"{model.Family}@{label} means nothing any more");
            }
            else
            {
                throw new HafsException(ErrorKind.NotFound, "AliasNotFound", $"{model.Family} has no alias '{label}'", label);
            }

            return Task.CompletedTask;
        });
        return command;
    }

    private static string Text(object? value) => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
}
