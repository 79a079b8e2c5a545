namespace HafsModels.Registry;

/// <summary>What is wrong with a registry that can still be read.</summary>
public enum RegistryProblemKind
{
    /// <summary>The file begins with a byte order mark, on which hafs fails; the next write leaves it out.</summary>
    ByteOrderMark,

    /// <summary>A record lacks a key hafs requires; the next write adds it.</summary>
    MissingKey,

    /// <summary>A record has a key hafs does not know, on which hafs loads no model at all. It is kept until the registry is repaired.</summary>
    UnknownKey,

    /// <summary>A value is of a type hafs does not expect; it is kept and reads as the default.</summary>
    WrongType,

    /// <summary>Two records have the same id; the last one counts, as in hafs.</summary>
    DuplicateId,

    /// <summary>A record's model_id differs from its key in the file; the key counts.</summary>
    IdMismatch,

    /// <summary>An entry of <c>models</c> is not an object; it is kept and not listed.</summary>
    NotARecord,

    /// <summary>The file was written by a later major version of the format; it can be read, but not written.</summary>
    FutureVersion,

    /// <summary>The sidecar has history of a model the registry no longer lists, such as one hafs deleted.</summary>
    Orphan,

    /// <summary>The sidecar cannot be read; models are listed without their history, and nothing can be written.</summary>
    SidecarDamaged,
}
