namespace HafsModels.Deployment;

/// <summary>One token that a backend chose.</summary>
/// <param name="Id">Its id, where the backend tells it; else null.</param>
/// <param name="Bytes">Its UTF-8 bytes, where the backend tells them.</param>
/// <param name="LogProbability">Natural logarithm of its probability, where the backend tells it.</param>
public sealed record ReplyToken(int? Id, ReadOnlyMemory<byte>? Bytes, double? LogProbability);
