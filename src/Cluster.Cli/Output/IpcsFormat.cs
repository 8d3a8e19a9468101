namespace Cluster.Cli.Output;

/// <summary>Columns that several tables of ipcs(1) have.</summary>
internal static class IpcsFormat
{
    /// <summary>The titles of the columns of -c after the id.</summary>
    public const string CreatorsColumns = "perms      cuid       cgid       uid        gid       ";

    public static string Creators(int id, IpcPermissions permissions) =>
        Invariant($"{id,-10} {Octal(permissions),-10} ")
        + $"{Names.User(permissions.Cuid),-10} {Names.Group(permissions.Cgid),-10} "
        + $"{Names.User(permissions.Uid),-10} {Names.Group(permissions.Gid),-10}";

    /// <summary>The owner's name, cut to the width of the column. A number always fits.</summary>
    public static string Owner(IpcPermissions permissions) => $"{Names.User(permissions.Uid),-10}"[..10];

    /// <summary>The nine permission bits.</summary>
    public static string Octal(IpcPermissions permissions) => Convert.ToString((int)permissions.Mode, 8);

    /// <summary>printf's %#o: octal with a leading zero; 0 is "0".</summary>
    public static string Prefixed(int mode) => mode == 0 ? "0" : "0" + Convert.ToString(mode, 8);

    /// <summary>ctime(3) without the weekday and the year. A space pads the day.</summary>
    public static string Short(long seconds)
    {
        var time = Local(seconds);
        return seconds == 0 ? "Not set" : Invariant($"{time:MMM} {time.Day,2} {time:HH:mm:ss}");
    }

    /// <summary>ctime(3).</summary>
    public static string Long(long seconds)
    {
        var time = Local(seconds);
        return seconds == 0 ? "Not set" : Invariant($"{time:ddd MMM} {time.Day,2} {time:HH:mm:ss yyyy}");
    }

    public static DateTimeOffset Local(long seconds) => DateTimeOffset.FromUnixTimeSeconds(seconds).ToLocalTime();

    public static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
