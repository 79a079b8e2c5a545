namespace HafsModels;

/// <summary>
/// The one exception the core throws for anything a user can cause or mend. The message says where, what was found and which rule was broken.
/// </summary>
public sealed class HafsException : Exception
{
    /// <summary>Creates an error.</summary>
    /// <param name="kind">The coarse class, mapped to error categories, exit codes and HTTP statuses.</param>
    /// <param name="id">A stable identifier in PascalCase, such as <c>SafeTensorsHeaderTooLarge</c>; scripts may match on it.</param>
    /// <param name="message">Where, what was found, which rule.</param>
    /// <param name="target">The file, model id or tensor that is at fault.</param>
    /// <param name="hint">What to do about it, or null.</param>
    /// <param name="inner">The cause, or null.</param>
    public HafsException(ErrorKind kind, string id, string message, string? target = null, string? hint = null, Exception? inner = null)
        : base(message, inner)
    {
        Kind = kind;
        Id = id;
        Target = target;
        Hint = hint;
    }

    /// <summary>The coarse class of the error.</summary>
    public ErrorKind Kind { get; }

    /// <summary>The stable identifier of the error.</summary>
    public string Id { get; }

    /// <summary>The file, model id or tensor that is at fault, or null.</summary>
    public string? Target { get; }

    /// <summary>What to do about it, or null.</summary>
    public string? Hint { get; }
}
