using System.Diagnostics;
using System.Net;
using Cluster.Lab.Experiments;
using Npgsql;

namespace Cluster.Actors.Tests.Journal;

/// <summary>
/// A private PostgreSQL cluster in a temporary folder, with fsync on, on a free loopback port. Made with initdb and
/// pg_ctl, as the user postgres where the tests run as root (the server refuses to). Tests may stop and start it.
/// </summary>
/// <remarks>
/// Without PostgreSQL on the machine, tests call <see cref="Require"/> and are skipped visibly; with
/// POSTGRES_REQUIRED=1 in the environment they fail instead.
/// </remarks>
public sealed class PostgresFixture : IAsyncLifetime
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"journal-pg-{Guid.NewGuid():N}");
    private readonly string? _binaries = FindBinaries();
    private readonly int _port = FreePorts.Find(IPAddress.Loopback, 1)[0];
    private int _databases;

    private string Data => Path.Combine(_folder, "data");

    /// <summary>Whether there is a server to test against.</summary>
    public bool IsAvailable => _binaries is not null;

    /// <summary>Skips the calling test, or fails it where PostgreSQL is required, if there is none.</summary>
    public void Require()
    {
        if (_binaries is not null) return;
        const string Reason = "PostgreSQL (initdb, pg_ctl) was not found on this machine.";
        if (Environment.GetEnvironmentVariable("POSTGRES_REQUIRED") == "1") Assert.Fail(Reason);
        Skip.If(true, Reason);
    }

    /// <summary>Makes an empty database and returns how to connect to it.</summary>
    public async Task<string> CreateDatabaseAsync()
    {
        Require();
        var name = $"journal_{Interlocked.Increment(ref _databases)}";
        await ExecuteAsync(ConnectionString("postgres"), $"CREATE DATABASE {name}");
        return ConnectionString(name);
    }

    /// <summary>Ends every connection to the database, as a failing server or network does.</summary>
    public static async Task TerminateConnectionsAsync(string connectionString)
    {
        await ExecuteAsync(
            connectionString,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity " +
            "WHERE datname = current_database() AND pid <> pg_backend_pid()");
    }

    /// <summary>Runs one statement on a connection of its own.</summary>
    public static async Task ExecuteAsync(string connectionString, string text)
    {
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(text, connection);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Starts the server and waits until it takes connections.</summary>
    public Task StartAsync() => PgCtlAsync(
        "-w", "-l", Path.Combine(_folder, "log"),
        "-o", $"-p {_port} -c listen_addresses=127.0.0.1 -k {_folder}", "start");

    /// <summary>Stops the server at once, its connections included, and waits until it is gone.</summary>
    public Task StopAsync() => PgCtlAsync("-w", "-m", "immediate", "stop");

    public async Task InitializeAsync()
    {
        if (_binaries is null) return;
        Directory.CreateDirectory(_folder);
        if (Environment.UserName == "root") await RunAsync("chown", "postgres", _folder);
        await RunAsServerAsync("initdb", "-D", Data, "-U", "postgres", "-A", "trust", "-E", "UTF8");
        await StartAsync();
    }

    public async Task DisposeAsync()
    {
        if (_binaries is null) return;
        if (File.Exists(Path.Combine(Data, "postmaster.pid"))) await StopAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private string ConnectionString(string database) =>
        // A busy server may be slow to accept a connection. A stopped server refuses at once.
        $"Host=127.0.0.1;Port={_port};Username=postgres;Database={database};Timeout=30";

    private Task PgCtlAsync(params string[] arguments) => RunAsServerAsync("pg_ctl", ["-D", Data, .. arguments]);

    private Task RunAsServerAsync(string program, params string[] arguments)
    {
        var path = Path.Combine(_binaries!, program);
        return Environment.UserName == "root"
            ? RunAsync("runuser", ["-u", "postgres", "--", path, .. arguments])
            : RunAsync(path, arguments);
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        // Output is not redirected: the server inherits the pipe and would keep it open.
        var start = new ProcessStartInfo("sh") { WorkingDirectory = Path.GetTempPath() };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add("exec \"$@\" >/dev/null 2>&1");
        start.ArgumentList.Add("sh");
        start.ArgumentList.Add(program);
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} failed: {process.ExitCode}.");
    }

    private static string? FindBinaries()
    {
        var versioned = Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetDirectories("/usr/lib/postgresql").OrderDescending().Select(d => Path.Combine(d, "bin"))
            : [];
        var onPath = (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(Path.PathSeparator);
        return versioned.Concat(onPath).FirstOrDefault(d =>
            d.Length > 0 && File.Exists(Path.Combine(d, "initdb")) && File.Exists(Path.Combine(d, "pg_ctl")));
    }
}
