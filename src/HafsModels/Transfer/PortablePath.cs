using System.Buffers;
using System.Collections.Immutable;

namespace HafsModels.Transfer;

/// <summary>
/// A path apart from its spelling: where it begins, and its segments. Read in the style of the system that wrote it, written in that of the
/// system that reads it. Empty and <c>.</c> segments are dropped; <c>..</c> is resolved on drives and shares, as Windows does, and kept
/// elsewhere, where links make it the file system's business.
/// </summary>
public sealed class PortablePath : IEquatable<PortablePath>
{
    // What no file name on Windows may hold, besides control characters.
    private static readonly SearchValues<char> NotOnWindows = SearchValues.Create("<>:\"/\\|?*");
    private static readonly HashSet<string> Devices = new(
        ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", .. Enumerable.Range(0, 10).SelectMany(i => new[] { $"COM{i}", $"LPT{i}" })], StringComparer.OrdinalIgnoreCase);

    private PortablePath(PathRoot root, string rootName, ImmutableArray<string> segments)
    {
        Root = root;
        RootName = rootName;
        Segments = segments;
    }

    /// <summary>Where it begins.</summary>
    public PathRoot Root { get; }

    /// <summary>The drive's letter, upper case; <c>server\share</c>; else empty.</summary>
    public string RootName { get; }

    /// <summary>Names from the root to the file or folder.</summary>
    public ImmutableArray<string> Segments { get; }

    /// <summary>Whether names are compared without case: on drives and shares.</summary>
    public bool IgnoresCase => Root is PathRoot.Drive or PathRoot.Share;

    private StringComparison Comparison => IgnoresCase ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;

    /// <summary>Reads a path.</summary>
    /// <param name="text">The path.</param>
    /// <param name="style">The style it is written in.</param>
    /// <exception cref="HafsException">It is empty, holds a NUL, names no share, or is relative to the current folder of a drive (<c>D:a</c>).</exception>
    public static PortablePath Parse(string text, PathStyle style)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length == 0 || text.Contains('\0', StringComparison.Ordinal))
            throw Invalid(text, text.Length == 0 ? "it is empty" : "it holds a NUL character");
        return style == PathStyle.Windows ? ParseWindows(text) : ParseSlashes(text, style);
    }

    /// <summary>The style a path shows by itself: a backslash at its beginning, a drive or only backslashes are Windows, <c>/mnt/d</c> WSL, <c>/d</c> Git Bash.</summary>
    public static PathStyle Detect(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text is ['\\', ..] || IsDrive(text) || (text.Contains('\\', StringComparison.Ordinal) && !text.Contains('/', StringComparison.Ordinal)))
            return PathStyle.Windows;
        if (text is ['/', 'm', 'n', 't', '/', var wsl, ..] && char.IsAsciiLetter(wsl) && (text.Length == 6 || text[6] == '/'))
            return PathStyle.Wsl;
        if (text is ['/', var drive, ..] && char.IsAsciiLetter(drive) && (text.Length == 2 || text[2] == '/'))
            return PathStyle.GitBash;
        return text is ['/', '/', not '/', ..] ? PathStyle.GitBash : PathStyle.Posix;
    }

    /// <summary>Spells the path for a system.</summary>
    /// <exception cref="HafsException"><see cref="ErrorKind.Unsupported"/>: it has no place there (map it by a mount first), or a name that cannot be there.</exception>
    public string Write(PathStyle style)
    {
        if (style == PathStyle.Windows || IgnoresCase)
            foreach (string segment in Segments)
                if (WhyNotOnWindows(segment) is { } reason)
                    throw new HafsException(ErrorKind.Unsupported, "PathNotOnWindows", $"'{segment}' cannot be a name on Windows: {reason}.", segment);
        string tail = string.Join(style == PathStyle.Windows ? '\\' : '/', Segments);
        return (Root, style) switch
        {
            (PathRoot.None, PathStyle.Windows) => tail.Length == 0 ? "." : tail,
            (PathRoot.None, _) => tail.Length == 0 ? "." : tail,
            (PathRoot.Drive, PathStyle.Windows) => $"{RootName}:\\{tail}",
            (PathRoot.Drive, PathStyle.GitBash) => $"/{RootName.ToLowerInvariant()}/{tail}",
            (PathRoot.Drive, PathStyle.Wsl) => $"/mnt/{RootName.ToLowerInvariant()}/{tail}",
            (PathRoot.Share, PathStyle.Windows) => Join($@"\\{RootName}", '\\', tail),
            (PathRoot.Share, PathStyle.GitBash) => Join("//" + RootName.Replace('\\', '/'), '/', tail),
            (PathRoot.Posix, not PathStyle.Windows) when !ReadsAsDrive(style) => "/" + tail,
            _ => throw new HafsException(ErrorKind.Unsupported, "PathHasNoPlace", $"{this} has no place on a system with {style} paths.", ToString(), "Name a mount that maps it."),
        };
    }

    /// <summary>Whether this is <paramref name="folder"/> or lies in it; whole segments are compared, so <c>D:/training2</c> is not in <c>D:/training</c>.</summary>
    public bool IsWithin(PortablePath folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        if (Root != folder.Root || !RootName.Equals(folder.RootName, Comparison) || Segments.Length < folder.Segments.Length || Segments.Contains(".."))
            return false;
        for (int i = 0; i < folder.Segments.Length; i++)
            if (!Segments[i].Equals(folder.Segments[i], Comparison))
                return false;
        return true;
    }

    /// <summary>The same place below another folder: this path with <paramref name="from"/> at its beginning exchanged for <paramref name="to"/>.</summary>
    /// <exception cref="ArgumentException">It does not lie in <paramref name="from"/>.</exception>
    public PortablePath Rebase(PortablePath from, PortablePath to)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(to);
        return IsWithin(from)
            ? new PortablePath(to.Root, to.RootName, to.Segments.AddRange(Segments[from.Segments.Length..]))
            : throw new ArgumentException($"{this} does not lie in {from}.", nameof(from));
    }

    /// <inheritdoc/>
    public bool Equals(PortablePath? other) => other is not null && Segments.Length == other.Segments.Length && Root == other.Root
        && RootName.Equals(other.RootName, Comparison) && Segments.Zip(other.Segments).All(s => s.First.Equals(s.Second, Comparison));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as PortablePath);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.Add(Root);
        foreach (string segment in Segments.Prepend(RootName))
            hash.Add(segment, IgnoresCase ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal);
        return hash.ToHashCode();
    }

    /// <summary>The path with slashes, for people: <c>D:/a</c>, <c>//server/share/a</c>, <c>/a</c>, <c>a</c>.</summary>
    public override string ToString()
    {
        string tail = string.Join('/', Segments);
        return Root switch
        {
            PathRoot.Drive => $"{RootName}:/{tail}",
            PathRoot.Share => Join("//" + RootName.Replace('\\', '/'), '/', tail),
            PathRoot.Posix => "/" + tail,
            _ => tail.Length == 0 ? "." : tail,
        };
    }

    private static PortablePath ParseWindows(string text)
    {
        string path = text.Replace('/', '\\');
        if (path.StartsWith(@"\\?\UNC\", StringComparison.OrdinalIgnoreCase))
            path = @"\\" + path[8..];
        else if (path.StartsWith(@"\\?\", StringComparison.Ordinal) || path.StartsWith(@"\\.\", StringComparison.Ordinal))
            path = IsDrive(path[4..]) ? path[4..] : throw Invalid(text, "it names a device");
        if (path.StartsWith(@"\\", StringComparison.Ordinal))
            return Share(text, path[2..].Split('\\'));
        if (IsDrive(path))
        {
            if (path.Length > 2 && path[2] != '\\')
                throw Invalid(text, "it depends on the current folder of a drive; write a separator after the colon");
            return new PortablePath(PathRoot.Drive, char.ToUpperInvariant(path[0]).ToString(), Clean(path[2..].Split('\\'), resolve: true));
        }

        return path[0] == '\\'
            ? throw Invalid(text, "it depends on the current drive; begin it with a drive or a share")
            : new PortablePath(PathRoot.None, "", Clean(path.Split('\\'), resolve: false));
    }

    private static PortablePath ParseSlashes(string text, PathStyle style)
    {
        // Git Bash takes what Windows takes.
        if (style == PathStyle.GitBash && (IsDrive(text) || text[0] == '\\'))
            return ParseWindows(text);
        if (text[0] != '/')
            return new PortablePath(PathRoot.None, "", Clean(text.Split('/'), resolve: false));
        if (style == PathStyle.GitBash && text is ['/', '/', not '/', ..])
            return Share(text, text[2..].Split('/'));
        ImmutableArray<string> segments = Clean(text.Split('/'), resolve: false);
        int drive = style switch
        {
            PathStyle.GitBash => 0,
            PathStyle.Wsl when segments is ["mnt", ..] => 1,
            _ => int.MaxValue,
        };
        return drive < segments.Length && segments[drive] is [var letter] && char.IsAsciiLetter(letter)
            ? new PortablePath(PathRoot.Drive, char.ToUpperInvariant(letter).ToString(), Clean(segments[(drive + 1)..], resolve: true))
            : new PortablePath(PathRoot.Posix, "", segments);
    }

    private static PortablePath Share(string text, string[] parts) => parts is [{ Length: > 0 } server, { Length: > 0 } share, ..]
        ? new PortablePath(PathRoot.Share, $@"{server}\{share}", Clean(parts[2..], resolve: true))
        : throw Invalid(text, "a server is named without a share");

    private static ImmutableArray<string> Clean(IEnumerable<string> parts, bool resolve)
    {
        var kept = ImmutableArray.CreateBuilder<string>();
        foreach (string part in parts)
        {
            if (part is "" or ".")
                continue;
            if (part != ".." || !resolve)
                kept.Add(part);
            else if (kept.Count > 0)
                kept.RemoveAt(kept.Count - 1);
        }

        return kept.ToImmutable();
    }

    // A POSIX path such as /d/a would be read back as a drive by Git Bash, and /mnt/d/a by WSL.
    private bool ReadsAsDrive(PathStyle style) => style switch
    {
        PathStyle.GitBash => Segments is [[var letter], ..] && char.IsAsciiLetter(letter),
        PathStyle.Wsl => Segments is ["mnt", [var letter], ..] && char.IsAsciiLetter(letter),
        _ => false,
    };

    private static string? WhyNotOnWindows(string name) =>
        name is ".." ? null
        : name.AsSpan().IndexOfAny(NotOnWindows) is >= 0 and var at ? $"it holds '{name[at]}'"
        : name.Any(c => c < ' ') ? "it holds a control character"
        : name[^1] is '.' or ' ' ? "it ends with a dot or a space"
        : Devices.Contains(name.Split('.')[0].TrimEnd()) ? "it is the name of a device"
        : null;

    private static bool IsDrive(string text) => text is [var letter, ':', ..] && char.IsAsciiLetter(letter);

    private static string Join(string root, char separator, string tail) => tail.Length == 0 ? root : root + separator + tail;

    private static HafsException Invalid(string text, string reason) =>
        new(ErrorKind.InvalidArgument, "PathInvalid", $"'{text.Replace('\0', '?')}' is no path that can be carried to another system: {reason}.", text);
}
