using System.Globalization;
using System.Text.Json.Nodes;
using Cluster.Cli.CommandLine;
using Cluster.Cli.Output;

namespace Cluster.Cli.Kinds;

/// <summary>lslocks(8).</summary>
internal static class LslocksCommand
{
    private const string Description = """
        List the locks of the namespace that a process has or waits for, as lslocks(8) does: the mutexes and reader-writer locks
        of the client library, and those of ipc lock. A row for each process: READ or WRITE has the lock, READ* or WRITE* waits
        for it, in line; BLOCKER is the process that has it. START is the offset of the lock's word in its object.

        Locks that this user may not read are left out.

        Examples:
          ipc lslocks
          ipc lslocks --json
        """;

    private static readonly string Heading = Line("PID", "TYPE", "SIZE", "MODE", "M", "START", "BLOCKER", "PATH");

    public static Command Create(Globals globals)
    {
        var command = new Command("lslocks", Description);
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            var json = globals.Json(parsed);
            if (!json) await globals.Out.WriteLineAsync(Heading);
            await foreach (var each in ipc.Locks.ListAsync(cancelled))
            {
                foreach (var row in Rows(each))
                    await globals.Out.WriteLineAsync(json ? JsonOutput.Line(Json(row)) : Text(row));
            }
        });
        return command;
    }

    private static IEnumerable<Row> Rows(NamedLock named)
    {
        var (path, held) = ("/dev/shm/lock." + named.Name, named.Lock);
        var blocker = held.Holders.Count > 0 ? held.Holders[0].Pid : 0;
        foreach (var own in held.Holders) yield return new Row(own.Pid, Mode(own, ""), held.Offset, null, own.Token, path);
        foreach (var next in held.Waiters) yield return new Row(next.Pid, Mode(next, "*"), held.Offset, blocker, 0, path);
    }

    private static string Mode(FutexLockUser user, string mark) => (user.Shared ? "READ" : "WRITE") + mark;

    private static string Text(Row row) => Line(
        Number(row.Pid), "FUTEX", "4K", row.Mode, "0", Number(row.Start), row.Blocker is { } pid ? Number(pid) : "", row.Path);

    private static JsonObject Json(Row row) => new()
    {
        ["pid"] = row.Pid,
        ["type"] = "FUTEX",
        ["size"] = 4_096,
        ["mode"] = row.Mode,
        ["m"] = false,
        ["start"] = row.Start,
        ["blocker"] = row.Blocker,
        ["token"] = row.Token == 0 ? null : row.Token,
        ["path"] = row.Path,
    };

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Line(
        string pid, string type, string size, string mode, string m, string start, string blocker, string path) =>
        $"{pid,7} {type,-5} {size,4} {mode,-6} {m} {start,5} {blocker,7} {path}";

    private readonly record struct Row(int Pid, string Mode, long Start, int? Blocker, ulong Token, string Path);
}
