namespace HafsModels.Inference;

/// <summary>Keeps the memory of the weights while a computation runs.</summary>
internal readonly ref struct WeightLease
{
    private readonly WeightArena arena;
    private readonly bool taken;

    /// <summary>Takes the lease.</summary>
    /// <exception cref="ObjectDisposedException">The decoder was disposed.</exception>
    public WeightLease(WeightArena arena)
    {
        this.arena = arena;
        arena.DangerousAddRef(ref taken);
    }

    /// <summary>Gives the lease back.</summary>
    public void Dispose()
    {
        if (taken)
            arena.DangerousRelease();
    }
}
