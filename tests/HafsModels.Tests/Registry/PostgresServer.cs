using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace HafsModels.Tests.Registry;

/// <summary>A real PostgreSQL server of its own on loopback, with a database a test. It does not run as root, so root lends it an account.</summary>
public sealed class PostgresServer : IDisposable
{
    private const string Account = "nobody";
    private readonly string folder = Directory.CreateTempSubdirectory("hafsmodels-postgres-").FullName;
    private readonly Lock starting = new();
    private Process? server;
    private int port;
    private int databases;

    /// <summary>Address of a new, empty database. Role <c>hafs</c> needs no password, role <c>secured</c> has the password <c>verse</c>.</summary>
    public string NewDatabase(string role = "hafs")
    {
        lock (starting)
        {
            if (server is null)
                Start();
        }

        string name = string.Create(CultureInfo.InvariantCulture, $"registry{Interlocked.Increment(ref databases)}");
        Sql("postgres", $"create database {name} owner {role}");
        return string.Create(CultureInfo.InvariantCulture, $"postgres://{role}@127.0.0.1:{port}/{name}");
    }

    /// <summary>Runs a statement.</summary>
    public void Sql(string database, string statement) => Run("psql", "-q", "-h", "127.0.0.1", "-p", port.ToString(CultureInfo.InvariantCulture), "-U", "hafs", "-d", database, "-v", "ON_ERROR_STOP=1", "-c", statement);

    public void Dispose()
    {
        if (server is not null)
        {
            Run("pg_ctl", "-D", Path.Combine(folder, "data"), "-m", "immediate", "-w", "stop");
            server.WaitForExit(10_000);
            server.Dispose();
        }

        Directory.Delete(folder, recursive: true);
    }

    private void Start()
    {
        if (Environment.UserName == "root")
            Process.Start("chown", [Account, folder])!.WaitForExit();
        string data = Path.Combine(folder, "data");
        Run("initdb", "-D", data, "-U", "hafs", "-A", "trust", "-E", "UTF8", "--no-sync");
        File.WriteAllText(Path.Combine(data, "pg_hba.conf"), "host all secured 127.0.0.1/32 scram-sha-256\nhost all all 127.0.0.1/32 trust\n");
        using (var free = new TcpListener(IPAddress.Loopback, 0))
        {
            free.Start();
            port = ((IPEndPoint)free.LocalEndpoint).Port;
        }

        server = Process.Start(Command("postgres", ["-D", data, "-p", port.ToString(CultureInfo.InvariantCulture), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off"]))!;
        server.BeginErrorReadLine();
        server.BeginOutputReadLine();
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                Sql("postgres", "create role secured login password 'verse'");
                return;
            }
            catch (InvalidOperationException) when (!server.HasExited && Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(30))
            {
                Thread.Sleep(100);
            }
        }
    }

    private static void Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(Command(program, arguments))!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{program}: {error}{output.Result}");
    }

    private static ProcessStartInfo Command(string program, string[] arguments)
    {
        string path = Path.Combine(Peers.PostgresBin, program);
        var start = Environment.UserName == "root" ? new ProcessStartInfo("setpriv", ["--reuid=" + Account, "--clear-groups", path, .. arguments]) : new ProcessStartInfo(path, arguments);
        start.RedirectStandardOutput = start.RedirectStandardError = true;
        start.WorkingDirectory = "/";
        return start;
    }
}
