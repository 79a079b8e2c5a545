using System.Buffers;
using System.Text;

namespace HafsModels.Registry;

/// <summary>Rules for the ids of new models. Records that hafs made under other ids are read all the same.</summary>
public static class ModelId
{
    /// <summary>Longest id that can be registered: it becomes part of file names.</summary>
    public const int MaxLength = 200;

    // Path separators and what no file name may hold on Windows; * and ? are patterns, @ names a version.
    private static readonly SearchValues<char> Forbidden = SearchValues.Create("/\\:*?\"<>|@");

    /// <summary>Accepts an id or says why not, with a near id that would do as the hint.</summary>
    /// <exception cref="HafsException"><see cref="ErrorKind.InvalidArgument"/>, <c>ModelIdInvalid</c>.</exception>
    public static void Validate(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        string? broken =
            id.Length == 0 ? "it is empty"
            : id.Length > MaxLength ? $"it has {id.Length} characters; at most {MaxLength} are allowed"
            : id.Trim() != id ? "it begins or ends with a space"
            : id.All(c => c == '.') ? "it consists of dots"
            : id.Any(char.IsControl) ? "it holds a control character"
            : id.AsSpan().ContainsAny(Forbidden) ? $"it holds '{id[id.AsSpan().IndexOfAny(Forbidden)]}'"
            : null;
        if (broken is null)
            return;
        string slug = Slug(id);
        throw new HafsException(ErrorKind.InvalidArgument, "ModelIdInvalid", $"'{Printable(id)}' cannot be the id of a model: {broken}.", Printable(id),
            slug.Length > 0 ? $"Use '{slug}'." : "Use letters, digits, '-', '_' and '.'.");
    }

    /// <summary>A valid id near a text: letters, digits, <c>-</c>, <c>_</c>, <c>.</c>; runs of anything else become one <c>-</c>. Empty when nothing is left.</summary>
    public static string Slug(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var slug = new StringBuilder(Math.Min(text.Length, MaxLength));
        foreach (char c in text)
        {
            if (slug.Length == MaxLength)
                break;
            if (char.IsAsciiLetterOrDigit(c) || c is '_' or '.')
                slug.Append(c);
            else if (slug.Length > 0 && slug[^1] != '-')
                slug.Append('-');
        }

        return slug.ToString().Trim('-', '.');
    }

    private static string Printable(string id) =>
        string.Concat((id.Length > 80 ? id[..80] + "…" : id).Select(c => char.IsControl(c) ? $"\\u{(int)c:x4}" : c.ToString()));
}
