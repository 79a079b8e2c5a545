namespace HafsModels;

/// <summary>Names that look like one that was not found.</summary>
internal static class NearestNames
{
    private const int Most = 3;
    private const int MaximumLetters = 200;

    /// <summary>A sentence with the nearest names, or null when none is near.</summary>
    public static string? Hint(string wanted, IEnumerable<string> names)
    {
        string[] near = [.. names
            .Select(id => (Id: id, Distance: Distance(wanted, id)))
            .Where(x => x.Distance <= Math.Max(2, wanted.Length / 3))
            .OrderBy(x => x.Distance).ThenBy(x => x.Id, StringComparer.Ordinal)
            .Take(Most)
            .Select(x => $"'{x.Id}'")];
        return near.Length switch
        {
            0 => null,
            1 => $"Did you mean {near[0]}?",
            _ => $"Did you mean one of {string.Join(", ", near)}?",
        };
    }

    // A part of a name is as near as one typing error.
    private static int Distance(string wanted, string id)
    {
        if (wanted.Length >= 3 && id.Contains(wanted, StringComparison.OrdinalIgnoreCase))
            return 1;
        if (Math.Abs(wanted.Length - id.Length) > Math.Max(2, wanted.Length / 3))
            return int.MaxValue;
        return Edits(wanted, id);
    }

    /// <summary>Edits between two names by Levenshtein, letters compared without case. Of what was wanted so many letters count as any name has.</summary>
    public static int Edits(string wanted, string id)
    {
        wanted = wanted[..Math.Min(wanted.Length, MaximumLetters)];
        int[] row = [.. Enumerable.Range(0, id.Length + 1)];
        for (int i = 1; i <= wanted.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= id.Length; j++)
            {
                int edit = diagonal + (char.ToLowerInvariant(wanted[i - 1]) == char.ToLowerInvariant(id[j - 1]) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(edit, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[id.Length];
    }
}
