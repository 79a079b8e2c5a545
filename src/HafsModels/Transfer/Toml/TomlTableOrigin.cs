namespace HafsModels.Transfer.Toml;

/// <summary>How a table came to be.</summary>
internal enum TomlTableOrigin
{
    /// <summary>A longer header passed through it: <c>a</c> of <c>[a.b]</c>. A header or dotted keys may define it later.</summary>
    Passed,

    /// <summary>A header of its own; no other header may define it.</summary>
    Header,

    /// <summary>Dotted keys; no header may define it, but longer headers may pass.</summary>
    Dotted,

    /// <summary>Written in braces; nothing is added to it.</summary>
    Inline,
}
