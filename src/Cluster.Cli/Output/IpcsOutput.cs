using System.Globalization;
using Cluster.Client;
using Cluster.Protocol;

namespace Cluster.Cli.Output;

/// <summary>Listings column by column as util-linux's ipcs writes them (2.38).</summary>
internal static class IpcsOutput
{
    public const string TimesTitle = "\n------ Message Queues Send/Recv/Change Times --------\n"
        + "msqid    owner      send                 recv                 change              ";

    public const string PidsTitle = "\n------ Message Queues PIDs --------\n"
        + "msqid      owner      lspid      lrpid     ";

    public const string CreatorsTitle = "\n------ Message Queues Creators/Owners --------\n"
        + "msqid      perms      cuid       cgid       uid        gid       ";

    public static string Title(SizeUnit unit) => "\n------ Message Queues --------\n"
        + $"key        msqid      owner      perms      {(unit == SizeUnit.Human ? "size      " : "used-bytes")}"
        + "   messages    ";

    public static string Row(QueueStat stat, SizeUnit unit)
    {
        var size = unit.Show(stat.Cbytes);
        // With --human the column is aligned to the right in a width of its own; that is how ipcs does it.
        var column = unit == SizeUnit.Human ? $"{size,6}      " : $"{size,-12}";
        return Invariant($"0x{stat.Permissions.Key:x8} {stat.Id,-10} {Owner(stat)} {Octal(stat),-10} ")
            + Invariant($"{column} {stat.Qnum,-12}");
    }

    public static string Times(QueueStat stat) => Invariant(
        $"{stat.Id,-8} {Owner(stat)} {Short(stat.Stime),-20} {Short(stat.Rtime),-20} {Short(stat.Ctime),-20}");

    public static string Pids(QueueStat stat) => Invariant(
        $"{stat.Id,-8} {Owner(stat)}  {stat.Lspid,5}     {stat.Lrpid,5}");

    public static string Creators(QueueStat stat)
    {
        var permissions = stat.Permissions;
        return Invariant($"{stat.Id,-10} {Octal(stat),-10} ")
            + $"{Names.User(permissions.Cuid),-10} {Names.Group(permissions.Cgid),-10} "
            + $"{Names.User(permissions.Uid),-10} {Names.Group(permissions.Gid),-10}";
    }

    public static string One(QueueStat stat, SizeUnit unit)
    {
        var permissions = stat.Permissions;
        var (used, room) = unit == SizeUnit.Human ? ("csize", "qsize") : ("cbytes", "qbytes");
        // As printf's %#o: a zero in front, but 0 is 0.
        var mode = permissions.Mode == 0 ? "0" : "0" + Octal(stat);
        return Invariant($"\nMessage Queue msqid={stat.Id}\n")
            + Invariant($"uid={permissions.Uid}\tgid={permissions.Gid}\tcuid={permissions.Cuid}\t")
            + Invariant($"cgid={permissions.Cgid}\tmode={mode}\n")
            + Invariant($"{used}={unit.Show(stat.Cbytes)}\t{room}={unit.Show(stat.Qbytes)}\t")
            + Invariant($"qnum={stat.Qnum}\tlspid={stat.Lspid}\tlrpid={stat.Lrpid}\n")
            + $"send_time={Long(stat.Stime),-26}\nrcv_time={Long(stat.Rtime),-26}\n"
            + $"change_time={Long(stat.Ctime),-26}\n";
    }

    public static string Limits(MessageQueueLimits limits, SizeUnit unit)
    {
        var suffix = unit == SizeUnit.Human ? "" : " (bytes)";
        return Invariant($"\n------ Messages Limits --------\nmax queues system wide = {limits.MsgMni}\n")
            + $"max size of message{suffix} = {unit.Show((ulong)limits.MsgMax)}\n"
            + $"default max size of queue{suffix} = {unit.Show((ulong)limits.MsgMnb)}\n";
    }

    public static string Summary(MessageQueueUsage usage, SizeUnit unit)
    {
        var space = unit.Show((ulong)usage.Bytes);
        return Invariant($"\n------ Messages Status --------\nallocated queues = {usage.Queues}\n")
            + Invariant($"used headers = {usage.Messages}\n")
            + unit switch
            {
                SizeUnit.Human => $"used space = {space}\n",
                SizeUnit.Bytes => $"used space (bytes) = {space}\n",
                _ => $"used space = {space} bytes\n",
            };
    }

    // Cut to its column; a number always fits.
    private static string Owner(QueueStat stat) => $"{Names.User(stat.Permissions.Uid),-10}"[..10];

    private static string Octal(QueueStat stat) => Convert.ToString(stat.Permissions.Mode & IpcFlags.ModeBits, 8);

    // ctime(3), which pads the day with a space; without the weekday and the year.
    private static string Short(long seconds)
    {
        var time = Local(seconds);
        return seconds == 0 ? "Not set" : Invariant($"{time:MMM} {time.Day,2} {time:HH:mm:ss}");
    }

    private static string Long(long seconds)
    {
        var time = Local(seconds);
        return seconds == 0 ? "Not set" : Invariant($"{time:ddd MMM} {time.Day,2} {time:HH:mm:ss yyyy}");
    }

    private static DateTimeOffset Local(long seconds) => DateTimeOffset.FromUnixTimeSeconds(seconds).ToLocalTime();

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
