using System.Globalization;
using System.Text.Json.Nodes;
using Cluster.Cli.CommandLine;
using Cluster.Cli.Kinds;
using Cluster.Cli.Output;

namespace Cluster.Cli.Processes;

/// <summary>ps(1).</summary>
internal static class PsCommand
{
    private const string Description = """
        List the processes of the namespace as ps(1) does, in the order of their pids: all, or those that are named. STAT is
        R (no call is under way), S (it waits for a call), T (stopped by a signal), D (no connection to a node) or Z (it
        has ended, and objects still release what it held). WCHAN, OBJECT and WAITED are the oldest call without a result,
        its object, and the seconds for which it has waited. NODE is the node that the process is connected to. These are
        '-' for a process of another user, unless the command runs as uid 0.

        With -j, PPID, PGID and SID are the parent, the process group and the session.

        Examples:
          ipc ps
          ipc ps -j
          ipc ps 7 9
          ipc ps --json
          ipc --uid 0 ps
        """;

    private static readonly string Heading = Line("UID", "GID", "STAT", "WCHAN", "OBJECT", "WAITED", "NODE");

    public static Command Create(Globals globals)
    {
        var pids = new Argument<int[]>("PID")
        {
            Description = "A process [default: all]",
            Arity = ArgumentArity.ZeroOrMore,
            CustomParser = result => Words.Numbers(result, 1, int.MaxValue),
        };
        var jobs = new Option<bool>("-j") { Description = "Show parents, process groups and sessions" };
        var command = new Command("ps", Description) { pids, jobs };
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            var (json, hasJobs) = (globals.Json(parsed), parsed.GetValue(jobs));
            if (!json) await globals.Out.WriteLineAsync(Numbers(hasJobs, "PID", "PPID", "PGID", "SID") + Heading);
            await foreach (var process in FindAsync(ipc, parsed.GetValue(pids) ?? [], cancelled))
                await globals.Out.WriteLineAsync(json ? JsonOutput.Line(Json(process)) : Row(process, hasJobs));
        });
        return command;
    }

    private static async IAsyncEnumerable<IpcProcessInfo> FindAsync(
        IIpcClient ipc, int[] pids, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancelled)
    {
        if (pids.Length == 0)
        {
            await foreach (var process in ipc.Processes.ListAsync(cancelled)) yield return process;
        }

        foreach (var pid in pids) yield return await ipc.Processes.GetAsync(pid, cancelled);
    }

    private static string Row(IpcProcessInfo process, bool hasJobs)
    {
        var wait = process.Waits.FirstOrDefault();
        var numbers = Numbers(
            hasJobs, Number(process.Pid), Number(process.Parent), Number(process.Group), Number(process.Session));
        return numbers + Line(
            Number(process.Uid), Number(process.Gid), Letter(process.State), wait?.Call ?? "-",
            Object(wait) ?? "-",
            wait is null ? "-" : wait.Waited.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture),
            process.Nodes.Count == 0 ? "-" : string.Join(',', process.Nodes));
    }

    private static JsonObject Json(IpcProcessInfo process) => new()
    {
        ["pid"] = process.Pid,
        ["parent"] = process.Parent,
        ["group"] = process.Group,
        ["session"] = process.Session,
        ["uid"] = process.Uid,
        ["gid"] = process.Gid,
        ["state"] = Letter(process.State),
        ["stopped_by"] = process.StoppedBy == Signal.None ? null : Signals.NameOf((int)process.StoppedBy),
        ["started"] = process.Started.ToUnixTimeSeconds(),
        ["waits"] = new JsonArray([.. process.Waits.Select(wait => new JsonObject
        {
            ["call"] = wait.Call,
            ["object"] = Object(wait),
            ["waited_ms"] = (long)wait.Waited.TotalMilliseconds,
        })]),
        ["nodes"] = new JsonArray([.. process.Nodes.Select(node => JsonValue.Create(node))]),
    };

    // As --object of ipc trace: msg:0.
    private static string? Object(IpcProcessWait? wait) =>
        wait?.Kind is { } kind && CliKinds.Find((Kind)kind) is { } known
            ? string.Create(CultureInfo.InvariantCulture, $"{known.Names.Word}:{wait.Id}")
            : null;

    private static string Letter(IpcProcessState state) => state switch
    {
        IpcProcessState.Running => "R",
        IpcProcessState.Sleeping => "S",
        IpcProcessState.Stopped => "T",
        IpcProcessState.Disconnected => "D",
        IpcProcessState.Exiting => "Z",
        _ => "?",
    };

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Numbers(bool hasJobs, string pid, string parent, string group, string session) =>
        hasJobs ? $"{pid,7} {parent,7} {group,7} {session,7} " : $"{pid,7} ";

    private static string Line(
        string uid, string gid, string stat, string call, string what, string waited, string node) =>
        $"{uid,6} {gid,6} {stat,-4} {call,-16} {what,-12} {waited,8} {node}";
}
