using System.Globalization;
using static Cluster.Cli.Output.IpcsFormat;

namespace Cluster.Cli.Output;

/// <summary>Columns and texts of util-linux's lsipc (2.38).</summary>
internal static class LsipcFormat
{
    /// <summary>The columns that every kind has.</summary>
    public static readonly IReadOnlyList<Column> Common =
    [
        new("KEY", Label: "Key"), new("ID", Label: "ID"), new("OWNER", true, "Owner"),
        new("PERMS", true, "Permissions"), new("CUID", true, "Creator UID"), new("CUSER", Label: "Creator user"),
        new("CGID", true, "Creator GID"), new("CGROUP", Label: "Creator group"), new("UID", true, "UID"),
        new("USER", Label: "User name"), new("GID", true, "GID"), new("GROUP", Label: "Group name"),
        new("CTIME", true, "Last change"),
    ];

    /// <summary>The columns with which every kind's list begins.</summary>
    public static readonly IReadOnlyList<string> First = ["KEY", "ID", "PERMS", "OWNER"];

    /// <summary>The columns that every kind with names has, in the order of util-linux 2.41.</summary>
    public static readonly IReadOnlyList<Column> Posix =
    [
        new("OWNER", true, "Owner"), new("PERMS", true, "Permissions"), new("CUID", true, "Creator UID"),
        new("CUSER", Label: "Creator user"), new("CGID", true, "Creator GID"), new("CGROUP", Label: "Creator group"),
        new("NAME", Label: "Name"), new("MTIME", true, "Last action"),
    ];

    /// <summary>The columns with which the list of every kind with names begins.</summary>
    public static readonly IReadOnlyList<string> PosixFirst = ["NAME", "PERMS", "OWNER"];

    /// <summary>The columns of --creator.</summary>
    public static readonly IReadOnlyList<string> Creator = ["CUID", "CGID", "UID", "GID"];

    /// <summary>The columns of the summary.</summary>
    public static readonly IReadOnlyList<Column> Summary =
    [
        new("RESOURCE", Label: "Resource"), new("DESCRIPTION", Label: "Description"), new("LIMIT", true, "Limit"),
        new("USED", true, "Used"), new("USE%", true, "Use"),
    ];

    /// <summary>The cells of <see cref="Common"/>.</summary>
    public static string?[] Cells(
        int id, IpcPermissions permissions, long ctime, LsipcStyle style, DateTimeOffset now) =>
    [
        $"0x{permissions.Key:x8}",
        Number(id),
        Names.User(permissions.Uid),
        style.NumericPerms ? Prefixed((int)permissions.Mode) : Symbolic((uint)permissions.Mode),
        Number(permissions.Cuid),
        Named(Names.User(permissions.Cuid), permissions.Cuid),
        Number(permissions.Cgid),
        Named(Names.Group(permissions.Cgid), permissions.Cgid),
        Number(permissions.Uid),
        Named(Names.User(permissions.Uid), permissions.Uid),
        Number(permissions.Gid),
        Named(Names.Group(permissions.Gid), permissions.Gid),
        Time(ctime, style, now),
    ];

    /// <summary>
    /// The cells of <see cref="Posix"/>. As in util-linux 2.41, the creator is the owner of the file.
    /// </summary>
    public static string?[] Cells(string name, NamedObjectStat stat, LsipcStyle style, DateTimeOffset now) =>
    [
        Names.User(stat.Uid),
        style.NumericPerms ? Prefixed((int)stat.Mode) : Symbolic((uint)stat.Mode),
        Number(stat.Uid),
        Named(Names.User(stat.Uid), stat.Uid),
        Number(stat.Gid),
        Named(Names.Group(stat.Gid), stat.Gid),
        name,
        Time(stat.Ctime, style, now),
    ];

    public static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

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

    /// <summary>A time; null: it is not set.</summary>
    public static string? Time(long seconds, LsipcStyle style, DateTimeOffset now) => (seconds, style.Time) switch
    {
        (0, _) => null,
        (_, TimeStyle.Full) => Long(seconds),
        (_, TimeStyle.Iso) => Invariant($"{Local(seconds):yyyy-MM-ddTHH:mm:sszzz}"),
        _ => Short(Local(seconds), now.ToLocalTime()),
    };

    private static string Short(DateTimeOffset time, DateTimeOffset today)
    {
        if (time.Date == today.Date) return Invariant($"{time:HH:mm}");
        return time.Year == today.Year ? Invariant($"{time:MMMdd}") : Invariant($"{time:yyyy-MMMdd}");
    }

    // Null: the number has no name.
    private static string? Named(string name, uint number) => name == Number(number) ? null : name;

    /// <summary>The nine permission bits as ls(1) shows them: rw-r--r--.</summary>
    public static string Symbolic(uint mode) => string.Create(9, mode, (text, bits) =>
    {
        for (var i = 0; i < text.Length; i++) text[i] = (bits & (1u << (8 - i))) != 0 ? "rwx"[i % 3] : '-';
    });
}
