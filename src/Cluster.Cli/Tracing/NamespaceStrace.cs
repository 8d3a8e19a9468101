using Cluster.Cli.Kinds;
using Cluster.Cli.Output;
using Op = Cluster.Protocol.Call.OpOneofCase;

namespace Cluster.Cli.Tracing;

/// <summary>The formats of the operations that are not about objects. Linux has no such calls.</summary>
internal static class NamespaceStrace
{
    public static IReadOnlyList<StraceFormat> Formats { get; } =
    [
        new(Op.NamespaceCreate, op => new("ns_create", StraceText.Quote(op.Call.NamespaceCreate.Name))),
        new(Op.NamespaceRemove, op => new("ns_remove", StraceText.Quote(op.Call.NamespaceRemove.Name))),
        new(Op.NamespaceList, _ => new("ns_list"), ObjectStrace.Length),
        new(Op.LimitsGet, _ => new("sysctl")),
        new(Op.LimitsSet, op => new("sysctl", Limit(op.Call.LimitsSet))),
        new(Op.ProcessStat, _ => new("processstat")),
        new(Op.ProcessAwait, op => new("waitid", $"P_PID, {op.Id}, "), (_, result) =>
            new(Exit(result.ProcessExit), "0")),
        new(
            Op.ProcessReap,
            op => op.Call.ProcessReap.Pid < 0
                ? new("waitid", "P_ALL, 0, ")
                : new("waitid", $"P_PID, {op.Call.ProcessReap.Pid}, "),
            (_, result) => new(Exit(result.ProcessExit), "0")),
        new(Op.ProcessSetGroup, op => new(
            "setpgid", $"{op.Call.ProcessSetGroup.Pid}, {op.Call.ProcessSetGroup.Group}")),
        new(Op.ProcessSetSession, _ => new("setsid")),
        new(Op.ProcessList, _ => new("processlist"), (_, result) =>
            StraceOutcome.Of(result.ProcessListing?.Entries.Count ?? 0)),
    ];

    private static string Exit(ProcessExit? exit) =>
        $"{{si_pid={exit?.Pid ?? 0}, si_status={(exit?.Signal is > 0 and var signal ? signal : exit?.Status ?? 0)}}}";

    private static string Limit(LimitsSet set) =>
        $"{StraceText.Quote(LimitRow.Find(set.Name)?.Sysctl ?? set.Name)}, {(set.Inherit ? "NULL" : $"{set.Value}")}";
}
