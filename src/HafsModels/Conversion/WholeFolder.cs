namespace HafsModels.Conversion;

/// <summary>A folder that appears whole under its name or not at all: written beside it, then renamed.</summary>
internal static class WholeFolder
{
    /// <summary>What is added to the name while the folder is written.</summary>
    public const string PartialSuffix = ".partial";

    private const string ReplacedSuffix = ".replaced";

    /// <summary>Gives a finished folder its name; what had it before is deleted after that.</summary>
    public static void Publish(string partial, string output)
    {
        string replaced = output + ReplacedSuffix;
        if (!Directory.Exists(output))
        {
            Directory.Move(partial, output);
            return;
        }

        if (Directory.Exists(replaced))
            Directory.Delete(replaced, true);
        Directory.Move(output, replaced);
        try
        {
            Directory.Move(partial, output);
        }
        catch
        {
            Directory.Move(replaced, output);
            throw;
        }

        Directory.Delete(replaced, true);
    }
}
