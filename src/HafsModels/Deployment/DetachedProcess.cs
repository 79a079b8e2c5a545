using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using HafsModels.Registry;

namespace HafsModels.Deployment;

/// <summary>
/// A program that lives on when the process that started it ends, its terminal closes or gets Ctrl+C, and that keeps no pipe of it open. One is
/// known again by its id and the time it began, so that no other program is ever taken for it.
/// </summary>
internal static class DetachedProcess
{
    // A session of its own where there is setsid; else a process group of its own, deaf to the terminal's hang-up.
    private const string Shell =
        "log=$1; shift; if command -v setsid >/dev/null 2>&1; then setsid \"$@\" </dev/null >>\"$log\" 2>&1 & else set -m; nohup \"$@\" </dev/null >>\"$log\" 2>&1 & fi; echo $!";

    // Clocks of the two readings may differ by their ticks.
    private static readonly TimeSpan SameStart = TimeSpan.FromSeconds(2);

    /// <summary>Starts a program; its output is appended to a file.</summary>
    /// <exception cref="HafsException">It cannot be started.</exception>
    public static DeploymentServer Start(string program, IReadOnlyList<string> arguments, string logPath)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(logPath))!);
            using Process process = OperatingSystem.IsWindows() ? StartHidden(program, arguments) : StartByShell(program, arguments, logPath);
            return new DeploymentServer(process.Id, process.StartTime.ToUniversalTime(), program, arguments, logPath);
        }
        catch (Exception exception) when (exception is Win32Exception or InvalidOperationException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new HafsException(ErrorKind.Unavailable, "ServerNotStarted", $"{program} could not be started: {exception.Message}", program, $"Its log, if it wrote one: {logPath}", exception);
        }
    }

    /// <summary>Whether it still runs.</summary>
    public static bool IsAlive(DeploymentServer server)
    {
        using Process? process = Find(server);
        return process is not null;
    }

    /// <summary>Memory it holds, bytes; null when it has ended.</summary>
    public static long? Memory(DeploymentServer server)
    {
        using Process? process = Find(server);
        return process?.WorkingSet64;
    }

    /// <summary>Ends it and waits until it is gone.</summary>
    /// <returns>Whether it ran.</returns>
    /// <exception cref="HafsException">It could not be ended.</exception>
    public static async Task<bool> StopAsync(DeploymentServer server, CancellationToken cancellationToken)
    {
        using Process? process = Find(server);
        if (process is null)
            return false;
        try
        {
            process.Kill();
        }
        catch (Exception exception) when (exception is Win32Exception or InvalidOperationException)
        {
            if (!IsAlive(server))
                return true;
            throw new HafsException(ErrorKind.PermissionDenied, "ServerNotStopped", $"process {server.ProcessId} ({server.Program}) could not be ended: {exception.Message}", server.Program, inner: exception);
        }

        // Somebody else's child: waiting for its exit code is not ours, seeing it gone is.
        for (int i = 0; i < 200 && IsAlive(server); i++)
            await Task.Delay(50, cancellationToken).ConfigureAwait(false);
        return !IsAlive(server) ? true
            : throw new HafsException(ErrorKind.Unavailable, "ServerNotStopped", $"process {server.ProcessId} ({server.Program}) was told to end and still runs after 10 s", server.Program);
    }

    private static Process? Find(DeploymentServer server)
    {
        Process? process = null;
        try
        {
            process = Process.GetProcessById(server.ProcessId);
            if ((process.StartTime.ToUniversalTime() - server.StartedAt.UtcDateTime).Duration() < SameStart && !IsZombie(server.ProcessId))
                return process;
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException or Win32Exception)
        {
            // Gone, or not ours to look at and so not what we started.
        }

        process?.Dispose();
        return null;
    }

    // Ended, but its parent has not taken note: without one that does, such entries stay.
    private static bool IsZombie(int id)
    {
        string file = $"/proc/{id.ToString(CultureInfo.InvariantCulture)}/stat";
        try
        {
            if (!OperatingSystem.IsLinux())
                return false;
            string stat = File.ReadAllText(file);
            return stat[(stat.LastIndexOf(')') + 2)..][0] is 'Z' or 'X';
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return true;
        }
    }

    private static Process StartByShell(string program, IReadOnlyList<string> arguments, string logPath)
    {
        var start = new ProcessStartInfo("/bin/sh", ["-c", Shell, "sh", logPath, program, .. arguments]) { RedirectStandardOutput = true, RedirectStandardInput = true, RedirectStandardError = true };
        using Process shell = Process.Start(start)!;
        shell.StandardInput.Close();
        string id = shell.StandardOutput.ReadToEnd().Trim();
        shell.WaitForExit();
        return Process.GetProcessById(int.Parse(id, CultureInfo.InvariantCulture));
    }

    // The shell's start inherits no handles; the program writes its log itself.
    private static Process StartHidden(string program, IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { UseShellExecute = true, WindowStyle = ProcessWindowStyle.Hidden };
        return Process.Start(start)!;
    }
}
