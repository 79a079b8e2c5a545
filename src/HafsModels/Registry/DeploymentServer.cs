namespace HafsModels.Registry;

/// <summary>A server process that was started for a deployment.</summary>
/// <param name="ProcessId">Its process id.</param>
/// <param name="StartedAt">When the process began, UTC: together with the id it names one process, also after ids were used again.</param>
/// <param name="Program">The program.</param>
/// <param name="Arguments">Its arguments.</param>
/// <param name="LogPath">File its output goes to.</param>
public sealed record DeploymentServer(int ProcessId, DateTimeOffset StartedAt, string Program, IReadOnlyList<string> Arguments, string LogPath);
