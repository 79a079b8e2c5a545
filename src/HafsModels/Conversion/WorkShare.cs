namespace HafsModels.Conversion;

/// <summary>The progress of one part of some work as progress of the whole.</summary>
internal sealed class WorkShare : IProgress<WorkProgress>
{
    private readonly IProgress<WorkProgress> whole;
    private readonly long before;
    private readonly long total;

    private WorkShare(IProgress<WorkProgress> whole, long before, long total)
    {
        this.whole = whole;
        this.before = before;
        this.total = total;
    }

    /// <summary>Progress that reports to another, or null where there is none.</summary>
    /// <param name="whole">Told about the whole.</param>
    /// <param name="before">Bytes done before this part.</param>
    /// <param name="total">Bytes of the whole.</param>
    public static WorkShare? Of(IProgress<WorkProgress>? whole, long before, long total) => whole is null ? null : new WorkShare(whole, before, total);

    public void Report(WorkProgress value) => whole.Report(value with { CompletedBytes = before + value.CompletedBytes, TotalBytes = total });
}
