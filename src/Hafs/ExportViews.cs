using System.Globalization;
using HafsModels;
using HafsModels.Exports;
using HafsModels.Exports.Verification;

namespace Hafs;

/// <summary>How exports are shown to people.</summary>
internal static class ExportViews
{
    /// <summary>What would be written.</summary>
    public static void Plans(IReadOnlyList<PlannedExport> plans)
    {
        foreach (PlannedExport plan in plans)
        {
            Terminal.Table(
                string.Create(CultureInfo.InvariantCulture, $"{plan.Format}: {plan.SizeBytes:N0} bytes to {plan.OutputPath} ({plan.State})"),
                ["File", "Bytes"],
                plan.Files.Select(f => (IReadOnlyList<string>)[f.Key, f.Value.ToString("N0", CultureInfo.InvariantCulture)]));
            foreach (string warning in plan.Warnings)
                Terminal.Warning(warning);
        }
    }

    /// <summary>What was written.</summary>
    public static void Results(IReadOnlyList<ExportResult> results)
    {
        foreach (ExportResult result in results)
        {
            if (result.Success)
                Terminal.Done($"{result.Format}: {result.OutputPath}: {result.Message}");
            else
                Terminal.Error($"{result.Format}: {result.Message}");
            foreach (string warning in result.Skipped ? [] : result.Warnings)
                Terminal.Warning(warning);
        }
    }

    /// <summary>What looking into an export showed.</summary>
    public static void Verification(ExportVerification verification)
    {
        Terminal.Table(
            $"{verification.Format}: {verification.Path}",
            ["Check", "Passed", "Found"],
            [
                ["required files", Yes(verification.MissingRequiredFiles.Count == 0), verification.MissingRequiredFiles.Count == 0 ? $"{verification.FoundFiles.Count} files, {HumanNumber.Bytes(verification.SizeBytes)}" : "missing: " + string.Join(", ", verification.MissingRequiredFiles)],
                .. verification.Checks.Select(c => (IReadOnlyList<string>)[c.Name, Yes(c.Passed), c.Detail]),
            ]);
        if (verification.SampleOutput.Length > 0)
            Terminal.Line($"{verification.SamplePrompt} → {HumanNumber.OneLine(verification.SampleOutput, 120)}");
    }

    private static string Yes(bool passed) => passed ? "yes" : "NO";
}
