namespace HafsModels.Registry;

/// <summary>One prompt of a deployment test.</summary>
/// <param name="Prompt">What was asked.</param>
/// <param name="Answer">What the deployment generated.</param>
/// <param name="SourceAnswer">What the source checkpoint generates for the same prompt; empty when it could not be run.</param>
/// <param name="MatchingTokens">Length of the common prefix of both answers, in tokens.</param>
/// <param name="Tokens">Tokens generated.</param>
public sealed record DeploymentAnswer(string Prompt, string Answer, string SourceAnswer, int MatchingTokens, int Tokens);
