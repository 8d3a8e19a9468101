using System.Globalization;
using static Cluster.Cli.Output.IpcsFormat;

namespace Cluster.Cli.Output;

/// <summary>Columns and texts of util-linux's lsipc (2.38).</summary>
internal static class LsipcFormat
{
    /// <summary>The columns that every kind has.</summary>
    public static readonly IReadOnlyList<Column> Common =
        [new("KEY"), new("ID"), new("PERMS", true), new("OWNER", true)];

    /// <summary>The columns of the summary.</summary>
    public static readonly IReadOnlyList<Column> Summary =
    [
        new("RESOURCE"), new("DESCRIPTION"), new("LIMIT", true), new("USED", true), new("USE%", true),
    ];

    /// <summary>The cells of <see cref="Common"/>.</summary>
    public static string[] Cells(int id, IpcPermissions permissions) =>
    [
        $"0x{permissions.Key:x8}", id.ToString(CultureInfo.InvariantCulture), Symbolic((uint)permissions.Mode),
        Names.User(permissions.Uid),
    ];

    /// <summary>A row of the summary: a limit and its use.</summary>
    public static string[] Used(string resource, string description, long used, ulong limit)
    {
        var share = limit == 0 ? "-" : Invariant($"{(double)used / limit * 100:F2}%");
        return
        [
            resource, description, limit.ToString(CultureInfo.InvariantCulture),
            used.ToString(CultureInfo.InvariantCulture), share,
        ];
    }

    /// <summary>A row of the summary: a limit that objects do not use up.</summary>
    public static string[] Limit(string resource, string description, string limit) =>
        [resource, description, limit, "-", "-"];

    /// <summary>09:08 today, Nov24 in this year, 2025-Nov24 otherwise.</summary>
    public static string Time(long seconds, DateTimeOffset now)
    {
        var (time, today) = (Local(seconds), now.ToLocalTime());
        if (seconds == 0) return "";
        if (time.Date == today.Date) return Invariant($"{time:HH:mm}");
        return time.Year == today.Year ? Invariant($"{time:MMMdd}") : Invariant($"{time:yyyy-MMMdd}");
    }

    private static string Symbolic(uint mode) => string.Create(9, mode, (text, bits) =>
    {
        for (var i = 0; i < text.Length; i++) text[i] = (bits & (1u << (8 - i))) != 0 ? "rwx"[i % 3] : '-';
    });
}
