namespace HafsModels.Tests;

/// <summary>PowerShell 7, where this machine has it: no test demands it.</summary>
internal static class PowerShellProgram
{
    /// <summary>Its path, or null where it is not on the PATH.</summary>
    public static string? Path { get; } =
        Environment.GetEnvironmentVariable("PATH")!.Split(System.IO.Path.PathSeparator).Select(p => System.IO.Path.Combine(p, OperatingSystem.IsWindows() ? "pwsh.exe" : "pwsh")).FirstOrDefault(File.Exists);
}
