using System.Globalization;
using System.Net;
using Cluster.Lab.Experiments.Nodes;

namespace Cluster.Lab.Experiments.Journals;

/// <summary>
/// A PostgreSQL server that the experiment starts in its working directory, with synchronous writes as in production.
/// As root the experiment runs it as user postgres, because the server refuses to run as root. The fault is SIGKILL to
/// all processes of the server.
/// </summary>
internal sealed class PrivatePostgres(string work, string host) : ILabJournal
{
    private static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(200);
    private const int Attempts = 100;
    private const int PidDigitsMost = 10;

    // A port that is free on all addresses, because the bridge of the nodes may not exist yet.
    private readonly int _port = FreePorts.Find(IPAddress.Any, 1)[0];
    private string _binaries = "";

    public string Name => "postgres";

    public string Setting => $"postgres://postgres@{host}:{_port}/postgres";

    private string Folder => Path.Combine(work, "postgres");

    private string Data => Path.Combine(Folder, "data");

    /// <summary>The directory of initdb and pg_ctl; null: PostgreSQL is not installed.</summary>
    public static string? Find()
    {
        const string Versions = "/usr/lib/postgresql";
        var versioned = Directory.Exists(Versions)
            ? Directory.GetDirectories(Versions).OrderDescending().Select(version => Path.Combine(version, "bin"))
            : [];
        var onPath = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        return versioned.Concat(onPath).FirstOrDefault(folder =>
            folder.Length > 0
            && File.Exists(Path.Combine(folder, "initdb")) && File.Exists(Path.Combine(folder, "pg_ctl")));
    }

    public async Task OpenAsync()
    {
        _binaries = Find() ?? throw new ExperimentException(
            "PostgreSQL (initdb, pg_ctl) is not installed: install it, or use --journal sqlite");
        Directory.CreateDirectory(Folder);
        if (Environment.IsPrivilegedProcess)
            await ExternalProgram.RunAsync("chown", "postgres", Folder).ConfigureAwait(false);
        await RunAsync("initdb", "-D", Data, "-U", "postgres", "-A", "trust", "-E", "UTF8").ConfigureAwait(false);
        // Nodes in network namespaces connect over the bridge.
        await File.AppendAllTextAsync(Path.Combine(Data, "pg_hba.conf"), $"host all all {host}/24 trust\n")
            .ConfigureAwait(false);
        await RepairAsync().ConfigureAwait(false);
    }

    public async Task<string> BreakAsync()
    {
        await KillAsync().ConfigureAwait(false);
        return "SIGKILL to PostgreSQL";
    }

    public async Task RepairAsync()
    {
        string[] start =
        [
            "-D", Data, "-w", "-l", Path.Combine(Folder, "log"),
            "-o", $"-p {_port} -c listen_addresses={host} -k {Folder} -c max_connections=300", "start",
        ];
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await RunAsync("pg_ctl", start).ConfigureAwait(false);
                return;
            }
            catch (ExperimentException) when (attempt < Attempts)
            {
                // The last processes of the killed server still use its shared memory.
                await Task.Delay(Retry).ConfigureAwait(false);
            }
        }
    }

    // The server ends itself when it cannot write its log, or starts itself anew.
    public async Task ReviveAsync()
    {
        string[] ask = ["-q", "-h", host, "-p", $"{_port}"];
        for (var attempt = 1; ; attempt++)
        {
            var (code, _) = await ExternalProgram.TryAsync(Path.Combine(_binaries, "pg_isready"), ask)
                .ConfigureAwait(false);
            if (code == 0) return;
            if (attempt > Attempts) throw new ExperimentException("PostgreSQL does not work again after its disk does");
            if (Postmaster is not { } pid || !IsThere(pid)) await RepairAsync().ConfigureAwait(false);
            await Task.Delay(Retry).ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync() => await KillAsync().ConfigureAwait(false);

    private int? Postmaster
    {
        get
        {
            var file = Path.Combine(Data, "postmaster.pid");
            var first = File.Exists(file) ? File.ReadLines(file).FirstOrDefault() ?? "" : "";
            return first.Length <= PidDigitsMost && int.TryParse(first, out var pid) ? pid : null;
        }
    }

    private async Task KillAsync()
    {
        if (Postmaster is not { } postmaster) return;
        // The postmaster is stopped first: otherwise it would restart the server as soon as one of its children died.
        Signals.Send(postmaster, Signals.Stop);
        var all = ChildrenOf(postmaster);
        Signals.Send(postmaster, Signals.Kill);
        foreach (var child in all) Signals.Send(child, Signals.Kill);
        while (all.Append(postmaster).Any(IsThere)) await Task.Delay(Retry / 10).ConfigureAwait(false);
    }

    private static bool IsThere(int pid) =>
        StatOf(pid) is { } stat && stat[(stat.LastIndexOf(')') + 2)..] is not ['Z' or 'X', ..];

    private static List<int> ChildrenOf(int parent) =>
    [
        .. Directory.GetDirectories("/proc").Select(Path.GetFileName)
            .Where(name => int.TryParse(name, out _)).Select(name => int.Parse(name!, CultureInfo.InvariantCulture))
            .Where(pid => StatOf(pid) is { } stat
                && stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1] == parent.ToString(CultureInfo.InvariantCulture)),
    ];

    private static string? StatOf(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/stat");
        }
        catch (IOException)
        {
            return null;
        }
    }

    private Task RunAsync(string program, params string[] arguments)
    {
        string[] command = [Path.Combine(_binaries, program), .. arguments];
        if (Environment.IsPrivilegedProcess) command = ["runuser", "-u", "postgres", "--", .. command];
        // The server inherits standard output, so a pipe for it would stay open.
        return ExternalProgram.RunAsync("sh", ["-c", "exec \"$@\" >/dev/null 2>&1", "sh", .. command]);
    }
}
