using System.Runtime.InteropServices;

namespace HafsModels.Inference;

/// <summary>
/// Native memory of one model's weights. A handle, so that disposing a decoder while a session still computes frees nothing before that
/// session is done, and using a session afterwards is an error instead of a read of freed memory.
/// </summary>
internal sealed unsafe class WeightArena() : SafeHandle(0, ownsHandle: true)
{
    private const int Alignment = 64;

    private readonly List<nint> blocks = [];

    /// <summary>Bytes allocated so far.</summary>
    public long AllocatedBytes { get; private set; }

    /// <inheritdoc/>
    public override bool IsInvalid => false;

    /// <summary>Allocates one block, aligned to a cache line. Its content is not cleared.</summary>
    public byte* Allocate(long bytes)
    {
        lock (blocks)
        {
            ObjectDisposedException.ThrowIf(IsClosed, this);
            void* block;
            try
            {
                block = NativeMemory.AlignedAlloc(checked((nuint)Math.Max(bytes, 1)), Alignment);
            }
            catch (OutOfMemoryException exception)
            {
                throw new HafsException(ErrorKind.ResourceExhausted, "NotEnoughMemory", $"{bytes:N0} bytes of memory for a weight could not be had", inner: exception);
            }

            blocks.Add((nint)block);
            AllocatedBytes += bytes;
            return (byte*)block;
        }
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        foreach (nint block in blocks)
            NativeMemory.AlignedFree((void*)block);
        blocks.Clear();
        return true;
    }
}
