namespace HafsModels.Registry;

/// <summary>One thing that a deployment test looked at.</summary>
/// <param name="Name">What, such as <c>chat template</c>.</param>
/// <param name="Passed">Whether it is as it should be.</param>
/// <param name="Message">One sentence: what was found.</param>
public sealed record DeploymentCheck(string Name, bool Passed, string Message);
