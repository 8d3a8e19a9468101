using System.Globalization;
using System.Text.Json.Nodes;
using Cluster.Cli.CommandLine;
using Cluster.Cli.Output;

namespace Cluster.Cli.Nodes;

/// <summary>The tables of ipc cluster: a row for each node, and totals. '-': the node did not say it.</summary>
internal static class MembersFormat
{
    /// <summary>The columns of the table.</summary>
    public static readonly IReadOnlyList<Column> Columns =
    [
        new("NODE"), new("GATEWAY"), new("ROLES"), new("STATUS"), new("REACHABLE"), new("IS"), new("SHARDS", true),
        new("OBJECTS", true), new("PROCESSES", true), new("PARKED", true), new("SESSIONS", true), new("UPTIME", true),
    ];

    /// <summary>The columns of a rebalance.</summary>
    public static readonly IReadOnlyList<Column> ShardColumns =
    [
        new("NODE"), new("OBJECTS-BEFORE", true), new("OBJECTS-AFTER", true), new("PROCESSES-BEFORE", true),
        new("PROCESSES-AFTER", true),
    ];

    /// <summary>The cells of <see cref="Columns"/>.</summary>
    public static string[] Cells(MemberView member)
    {
        var figures = member.Figures;
        var reachable = !member.Unreachable ? "yes"
            : member.UnreachableFrom.Count == 0 ? "no" : $"not from {string.Join(',', member.UnreachableFrom)}";
        string[] marks = [.. Marks(member)];
        return
        [
            member.Address, Text(figures?.Gateway), Text(string.Join(',', member.Roles)), member.Status, reachable,
            Text(string.Join(',', marks)), Number(Shards(member)), Number(figures?.Objects?.Entities),
            Number(figures?.Processes?.Entities), Number(figures?.Parked), Number(figures?.Sessions),
            figures is null ? "-" : Duration(figures.UptimeMs),
        ];
    }

    /// <summary>The cells of <see cref="ShardColumns"/>.</summary>
    public static string[] ShardCells(string address, MemberView? before, MemberView? after) =>
    [
        address, Number(before?.Figures?.Objects?.Shards), Number(after?.Figures?.Objects?.Shards),
        Number(before?.Figures?.Processes?.Shards), Number(after?.Figures?.Processes?.Shards),
    ];

    /// <summary>The line with the totals.</summary>
    public static string Totals(MembersReply reply)
    {
        var (members, totals) = (reply.Members, TotalsOf(reply));
        var silent = members.Count(member => member.Figures is null);
        var without = silent > 0 ? $" (without {silent} that did not answer)" : "";
        var up = members.Count(member => member.Status == "up");
        string Total(string name, string one, string many) => Words.Count((long)totals[name]!, one, many);
        return string.Create(
                CultureInfo.InvariantCulture, $"{Words.Count(members.Count, "member", "members")}, {up} up; ")
            + $"{Total("shards", "shard", "shards")}, {Total("objects", "object", "objects")} and "
            + $"{Total("processes", "process", "processes")} in memory; "
            + $"{Total("parked", "parked call", "parked calls")}, {Total("sessions", "session", "sessions")}{without}";
    }

    /// <summary>Everything, for scripts. null: the node did not say it.</summary>
    public static JsonObject Json(MembersReply reply) => new()
    {
        ["asked"] = reply.Asked,
        ["members"] = new JsonArray([.. reply.Members.Select(Json)]),
        ["totals"] = TotalsOf(reply),
    };

    /// <summary>Shards of a node.</summary>
    public static JsonObject ShardsJson(MemberView? member) => new()
    {
        ["object_shards"] = member?.Figures?.Objects?.Shards, ["process_shards"] = member?.Figures?.Processes?.Shards,
    };

    private static JsonObject Json(MemberView member)
    {
        var figures = member.Figures;
        return new JsonObject
        {
            ["address"] = member.Address,
            ["gateway"] = figures?.Gateway,
            ["roles"] = new JsonArray([.. member.Roles.Select(role => JsonValue.Create(role))]),
            ["status"] = member.Status,
            ["reachable"] = !member.Unreachable,
            ["unreachable_from"] = new JsonArray([.. member.UnreachableFrom.Select(from => JsonValue.Create(from))]),
            ["leader"] = member.Leader,
            ["oldest"] = member.Oldest,
            ["version"] = figures?.Version,
            ["uptime_ms"] = figures?.UptimeMs,
            ["object_shards"] = figures?.Objects?.Shards,
            ["process_shards"] = figures?.Processes?.Shards,
            ["objects"] = figures?.Objects?.Entities,
            ["processes"] = figures?.Processes?.Entities,
            ["parked"] = figures?.Parked,
            ["sessions"] = figures?.Sessions,
        };
    }

    private static JsonObject TotalsOf(MembersReply reply)
    {
        var figures = reply.Members.Select(member => member.Figures).Where(each => each is not null).ToArray();
        return new JsonObject
        {
            ["shards"] = reply.Members.Sum(member => Shards(member) ?? 0),
            ["objects"] = figures.Sum(each => each.Objects?.Entities ?? 0),
            ["processes"] = figures.Sum(each => each.Processes?.Entities ?? 0),
            ["parked"] = figures.Sum(each => each.Parked),
            ["sessions"] = figures.Sum(each => each.Sessions),
        };
    }

    private static IEnumerable<string> Marks(MemberView member)
    {
        if (member.Leader) yield return "leader";
        if (member.Oldest) yield return "oldest";
    }

    private static long? Shards(MemberView member) =>
        member.Figures is { Objects: { } objects, Processes: { } processes } ? objects.Shards + processes.Shards : null;

    private static string Text(string? text) => string.IsNullOrEmpty(text) ? "-" : text;

    private static string Number(long? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "-";

    private static string Duration(long ms)
    {
        var time = TimeSpan.FromMilliseconds(ms);
        FormattableString text = time switch
        {
            { Days: > 0 } => $"{time.Days}d{time.Hours}h",
            { Hours: > 0 } => $"{time.Hours}h{time.Minutes}m",
            { Minutes: > 0 } => $"{time.Minutes}m{time.Seconds}s",
            _ => $"{time.Seconds}s",
        };
        return FormattableString.Invariant(text);
    }
}
