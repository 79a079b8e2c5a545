using System.CommandLine;
using System.Globalization;
using HafsModels;
using HafsModels.Conversion;

namespace Hafs.Commands;

/// <summary><c>hafs gguf …</c>: looking into GGUF files, and changing them as a whole.</summary>
internal static class GgufCommand
{
    public static Command Create() => new("gguf", "GGUF files") { Info(), Set(), Split(), Merge() };

    private static Argument<string> File(string description = "A GGUF file") => new("file") { Description = description };

    private static Option<bool> Force() => new("--force", "-f") { Description = "Replace files that exist" };

    private static Option<bool> DryRun() => new("--dry-run") { Description = "Say what would be written, exactly, and write nothing" };

    private static Command Info()
    {
        Argument<string> path = File();
        var tensors = new Option<bool>("--tensors") { Description = "List the tensors as well" };
        var json = new Option<bool>("--json") { Description = "Output JSON" };
        var info = new Command("info", "Show metadata and tensors of a GGUF file") { path, tensors, json };
        info.SetAction(result => GgufView.Write(result.GetRequiredValue(path), result.GetValue(tensors), result.GetValue(json)));
        return info;
    }

    private static Command Set()
    {
        Argument<string> path = File();
        var metadata = new Option<string[]>("--metadata", "-m") { Description = "Metadata to set; TYPE is int, float, bool or str; may be repeated", HelpName = "KEY=TYPE:VALUE" };
        var remove = new Option<string[]>("--remove") { Description = "Key to remove; may be repeated", HelpName = "KEY" };
        var output = new Option<string?>("--output", "-o") { Description = "Output file (default: the file itself is replaced)" };
        Option<bool> force = Force(), dryRun = DryRun();
        var command = new Command("set", "Change metadata of a GGUF file") { path, metadata, remove, output, force, dryRun };
        command.SetAction((result, cancellation) => Run(
            () => GgufFileJob.Edit(result.GetRequiredValue(path), result.GetValue(output), (result.GetValue(metadata) ?? []).Select(MetadataOption.Parse), result.GetValue(remove) ?? []),
            result.GetValue(dryRun), result.GetValue(force), cancellation));
        return command;
    }

    private static Command Split()
    {
        Argument<string> path = File();
        var size = new Option<string?>("--max-size") { Description = "Most bytes of tensors in a file, such as 500M or 2G (powers of 1000)", HelpName = "SIZE" };
        var tensors = new Option<int>("--max-tensors") { Description = "Most tensors in a file", HelpName = "N" };
        var first = new Option<bool>("--no-tensors-in-first") { Description = "Put metadata alone into the first file" };
        var prefix = new Option<string?>("--output", "-o") { Description = "What the names of the files begin with (default: the model's name)", HelpName = "PREFIX" };
        Option<bool> force = Force(), dryRun = DryRun();
        var command = new Command("split", "Make several files of one GGUF model") { path, size, tensors, first, prefix, force, dryRun };
        command.SetAction((result, cancellation) => Run(
            () => GgufFileJob.Split(result.GetRequiredValue(path), result.GetValue(prefix), new GgufSplitLimits
            {
                MaxBytes = result.GetValue(size) is { } text ? Size(text) : 0,
                MaxTensors = result.GetValue(tensors),
                NoTensorsInFirst = result.GetValue(first),
            }),
            result.GetValue(dryRun), result.GetValue(force), cancellation));
        return command;
    }

    private static Command Merge()
    {
        Argument<string> path = File("The first file of a split model");
        var output = new Option<string?>("--output", "-o") { Description = "Output file (default: NAME.gguf beside the parts)" };
        Option<bool> force = Force(), dryRun = DryRun();
        var command = new Command("merge", "Make one file of a split GGUF model") { path, output, force, dryRun };
        command.SetAction((result, cancellation) => Run(
            () => GgufFileJob.Merge(result.GetRequiredValue(path), result.GetValue(output)), result.GetValue(dryRun), result.GetValue(force), cancellation));
        return command;
    }

    private static async Task Run(Func<GgufFileJob> open, bool isDryRun, bool force, CancellationToken cancellation)
    {
        using GgufFileJob job = open();
        if (!isDryRun)
        {
            await Terminal.WithProgress("Writing", progress => Task.Run(
                () =>
                {
                    job.Run(force, progress, cancellation);
                    return true;
                },
                cancellation));
        }

        foreach (PlannedFile file in job.Files)
        {
            string what = string.Create(CultureInfo.InvariantCulture, $"{file.Path}: {HumanNumber.Bytes(file.Plan.FileBytes)}, {file.Plan.Tensors.Count} tensors");
            if (isDryRun)
                Terminal.Line(what);
            else
                Terminal.Done(what);
        }
    }

    private static long Size(string text)
    {
        long unit = text.Length == 0 ? 0 : char.ToUpperInvariant(text[^1]) switch { 'K' => 1_000, 'M' => 1_000_000, 'G' => 1_000_000_000, _ => 1 };
        return long.TryParse(unit > 1 ? text[..^1] : text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) && number is > 0 and < 1_000_000_000_000
            ? number * unit
            : throw new HafsException(ErrorKind.InvalidArgument, "SizeOption", $"{text} is no size", text, "Write bytes, or a number with K, M or G: 2G.");
    }
}
