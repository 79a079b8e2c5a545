namespace HafsModels.Transfer.Remote;

/// <summary>
/// The files of one machine, as far as a transfer needs them. <see cref="LocalFiles"/> are this machine's and those of mounts, <see cref="SshFiles"/>
/// those behind the system's OpenSSH client; an SSH library would be one more implementation. Paths are spelled as the machine spells them.
/// </summary>
internal interface IModelFiles : IDisposable
{
    /// <summary>What the machine is called in messages.</summary>
    string Name { get; }

    /// <summary>How the machine spells paths: <see cref="PathStyle.Posix"/> or <see cref="PathStyle.Windows"/>.</summary>
    PathStyle Style { get; }

    /// <summary>The full path of one that may start at the account's home folder.</summary>
    Task<string> ResolveAsync(string path, CancellationToken cancellationToken);

    /// <summary>The files of a folder and all below it, or a file alone; null when nothing is there.</summary>
    Task<IReadOnlyList<RemoteFile>?> ListAsync(string path, CancellationToken cancellationToken);

    /// <summary>Bytes that are free where a path is or will be, or null where that is not known.</summary>
    Task<long?> FreeBytesAsync(string path, CancellationToken cancellationToken);

    /// <summary>Reads files one after another, and hashes each at its place meanwhile.</summary>
    /// <param name="files">What to read.</param>
    /// <param name="take">Takes the bytes of the file of an index, from its offset on.</param>
    /// <param name="hashed">Is told SHA-256 of the file of an index from its beginning, hexadecimal in lower case, as soon as it is known; after its bytes.</param>
    /// <param name="cancellationToken">Ends it at once.</param>
    Task ReadAsync(IReadOnlyList<FileRange> files, Func<int, Stream, Task> take, Action<int, string> hashed, CancellationToken cancellationToken);

    /// <summary>Writes a file from an offset on, where it must end (0 makes it anew); folders on its way are made.</summary>
    /// <returns>SHA-256 of the file from its beginning, as it has arrived.</returns>
    Task<string> WriteAsync(string path, long offset, Stream content, CancellationToken cancellationToken);

    /// <summary>SHA-256 of a file, hexadecimal in lower case.</summary>
    Task<string> HashAsync(string path, CancellationToken cancellationToken);

    /// <summary>Renames a file or folder to a name that must be free.</summary>
    Task MoveAsync(string from, string to, CancellationToken cancellationToken);
}
