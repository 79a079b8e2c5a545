using System.Diagnostics;

namespace HafsModels.Registry;

/// <summary>
/// Holds a registry for one writer. The lock is the operating system's on an open file, so it ends with its process however that ends. The
/// file stays: deleting it would let two writers hold two files of the same name. A second file is the queue: only who holds it may wait for the
/// first, so a writer that wants the lock again and again does not get it before those who wait.
/// </summary>
internal sealed class RegistryLock : IDisposable
{
    private const int WindowsSharingViolation = unchecked((int)0x80070020);
    private const int WindowsLockViolation = unchecked((int)0x80070021);
    private const int LinuxAgain = 11;
    private const int BsdAgain = 35;
    private const int LongestPauseMilliseconds = 16;
    private const int LongestPauseOfNextMilliseconds = 4;

    private readonly FileStream file;

    private RegistryLock(FileStream file) => this.file = file;

    /// <summary>Waits for the lock.</summary>
    /// <param name="registry">The registry file; its folder is made when absent.</param>
    /// <param name="timeout">How long to wait for other writers.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="HafsException"><see cref="ErrorKind.Conflict"/> when the time is up.</exception>
    public static RegistryLock Acquire(string registry, TimeSpan timeout, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        using FileStream turn = Wait(registry, ".queue", LongestPauseMilliseconds, start, timeout, cancellationToken);
        return new RegistryLock(Wait(registry, ".lock", LongestPauseOfNextMilliseconds, start, timeout, cancellationToken));
    }

    private static FileStream Wait(string registry, string suffix, int longestPause, long start, TimeSpan timeout, CancellationToken cancellationToken)
    {
        string path = registry + suffix;
        for (int pause = 1; ; pause = Math.Min(pause * 2, longestPause))
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                Directory.CreateDirectory(Path.GetDirectoryName(registry)!);
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
            }
            catch (IOException e) when (e.HResult is WindowsSharingViolation or WindowsLockViolation or LinuxAgain or BsdAgain)
            {
                if (Stopwatch.GetElapsedTime(start) > timeout)
                    throw new HafsException(ErrorKind.Conflict, "RegistryLocked", $"{registry}: others have been writing for {timeout.TotalSeconds:0.#} s ({path} is held).", registry, "Wait for them to end, then try again.", e);

                // Spread, so that waiting writers do not wake in step.
                cancellationToken.WaitHandle.WaitOne(Random.Shared.Next(1, pause + 1));
            }
            catch (UnauthorizedAccessException e)
            {
                throw new HafsException(ErrorKind.PermissionDenied, "RegistryAccessDenied", $"{path}: {e.Message}", registry, "Writing a registry needs the right to create files in its folder.", e);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();
}
