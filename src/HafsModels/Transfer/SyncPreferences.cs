namespace HafsModels.Transfer;

/// <summary>How transfers are made, as <c>[preferences]</c> of <c>sync.toml</c> says.</summary>
/// <param name="TransferMethod">Method that is asked for; null for the best there is.</param>
/// <param name="SshTimeout">How long a connection may take to come about, or to stay silent.</param>
/// <param name="RetryOnFailure">Whether a transfer that broke off is taken up again.</param>
/// <param name="MaxRetries">How often at most.</param>
public sealed record SyncPreferences(string? TransferMethod, TimeSpan SshTimeout, bool RetryOnFailure, int MaxRetries)
{
    /// <summary>What holds without a file: 300 seconds, three retries.</summary>
    public static SyncPreferences Default { get; } = new(null, TimeSpan.FromSeconds(300), true, 3);
}
