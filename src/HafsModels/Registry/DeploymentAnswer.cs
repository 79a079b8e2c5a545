namespace HafsModels.Registry;

/// <summary>One prompt of a deployment test.</summary>
/// <param name="Prompt">What was asked.</param>
/// <param name="Answer">What the deployment generated.</param>
/// <param name="SourceAnswer">What the source checkpoint generates for the same prompt; empty when it could not be run.</param>
/// <param name="MatchingTokens">Length of the common prefix of both answers, in tokens.</param>
/// <param name="Tokens">Tokens generated.</param>
public sealed record DeploymentAnswer(string Prompt, string Answer, string SourceAnswer, int MatchingTokens, int Tokens)
{
    /// <summary>Positions at which the source, after the same tokens, puts the token first that the deployment chose.</summary>
    public int AgreeingTokens { get; init; }

    /// <summary>Positions that were compared: the tokens, and the end where the answer has one.</summary>
    public int ComparedTokens { get; init; }

    /// <summary>Mean absolute difference of the log-probabilities both give the chosen tokens, nats; null where the backend tells none.</summary>
    public double? MeanLogProbDifference { get; init; }

    /// <summary>Time to the first token, milliseconds.</summary>
    public double FirstTokenMilliseconds { get; init; }

    /// <summary>Speed of the tokens after the first, tokens per second.</summary>
    public double TokensPerSecond { get; init; }
}
