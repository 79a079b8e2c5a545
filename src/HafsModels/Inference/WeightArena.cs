using System.Runtime.InteropServices;

namespace HafsModels.Inference;

/// <summary>
/// Native memory of one model's weights. A handle, so that disposing a decoder while a session still computes frees nothing before that
/// session is done, and using a session afterwards is an error instead of a read of freed memory.
/// </summary>
internal sealed unsafe partial class WeightArena() : SafeHandle(0, ownsHandle: true)
{
    private const int Alignment = 64;
    private const int HugePage = 2 << 20;
    private const long ChunkBytes = 16L << 20;
    private const int AdviseHugePages = 14;

    private readonly List<nint> chunks = [];
    private byte* free;
    private long freeBytes;

    /// <summary>Bytes allocated so far.</summary>
    public long AllocatedBytes { get; private set; }

    /// <inheritdoc/>
    public override bool IsInvalid => false;

    /// <summary>Allocates some bytes, aligned to a cache line. Their content is not cleared.</summary>
    public byte* Allocate(long bytes)
    {
        lock (chunks)
        {
            ObjectDisposedException.ThrowIf(IsClosed, this);
            long taken = checked((Math.Max(bytes, 1) + Alignment - 1) / Alignment * Alignment);
            if (taken > freeBytes)
                AddChunk(taken);
            byte* block = free;
            free += taken;
            freeBytes -= taken;
            AllocatedBytes += bytes;
            return block;
        }
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        foreach (nint chunk in chunks)
            NativeMemory.AlignedFree((void*)chunk);
        chunks.Clear();
        return true;
    }

    /// <summary>
    /// Begins a chunk; memory it holds that nothing is written to is never resident. In huge pages, where the system has them: with pages of
    /// 4 KB every token looks up tens of thousands of addresses anew, a seventh of its time.
    /// </summary>
    private void AddChunk(long bytes)
    {
        long size = Math.Max(bytes, ChunkBytes);
        try
        {
            free = (byte*)NativeMemory.AlignedAlloc(checked((nuint)size), HugePage);
        }
        catch (OutOfMemoryException exception)
        {
            throw new HafsException(ErrorKind.ResourceExhausted, "NotEnoughMemory", $"{bytes:N0} bytes of memory for a weight could not be had", inner: exception);
        }

        freeBytes = size;
        chunks.Add((nint)free);

        // Advice only: where it is not taken, nothing but speed is lost.
        if (OperatingSystem.IsLinux())
            _ = Advise(free, (nuint)size, AdviseHugePages);
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* start, nuint bytes, int advice);
}
