using HafsModels.Transfer;

namespace HafsModels;

/// <content>Models that move between machines.</content>
public sealed partial class Workbench
{
    /// <summary>What <see cref="ReceiveAsync"/> would do.</summary>
    public TransferPlan PlanReceive(TransferRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return ModelTransfer.PlanReceive(registry.Get(request.ModelId), request, SyncSettings.Load());
    }

    /// <summary>What <see cref="SendAsync"/> would do.</summary>
    public TransferPlan PlanSend(TransferRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return ModelTransfer.PlanSend(registry.Get(request.ModelId), request, SyncSettings.Load());
    }

    /// <summary>Brings a model to this machine, and records where it lies once all of it is here and its hashes agree.</summary>
    public Task<TransferResult> ReceiveAsync(TransferRequest request, IProgress<WorkProgress>? progress, CancellationToken cancellationToken) =>
        TransferAsync(PlanReceive(request), progress, cancellationToken);

    /// <summary>Sends a model to another machine, and records where it lies once all of it is there and its hashes agree.</summary>
    public Task<TransferResult> SendAsync(TransferRequest request, IProgress<WorkProgress>? progress, CancellationToken cancellationToken) =>
        TransferAsync(PlanSend(request), progress, cancellationToken);

    private async Task<TransferResult> TransferAsync(TransferPlan plan, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        TransferResult result = await ModelTransfer.RunAsync(plan, SyncSettings.Load(), progress, cancellationToken);
        registry.Update(plan.ModelId, m => ModelTransfer.Record(m, plan, result), cancellationToken);
        return result with { Registry = registry.Path };
    }
}
