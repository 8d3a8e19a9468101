using System.Globalization;
using Cluster.Client;
using Cluster.Protocol;

namespace Cluster.Cli.Output;

/// <summary>Listings column by column as util-linux's ipcs writes them (2.38).</summary>
internal static class IpcsOutput
{
    public const string Title = "\n------ Message Queues --------\n"
        + "key        msqid      owner      perms      used-bytes   messages    ";

    public const string TimesTitle = "\n------ Message Queues Send/Recv/Change Times --------\n"
        + "msqid    owner      send                 recv                 change              ";

    public const string PidsTitle = "\n------ Message Queues PIDs --------\nmsqid      owner      lspid      lrpid     ";

    public const string CreatorsTitle = "\n------ Message Queues Creators/Owners --------\n"
        + "msqid      perms      cuid       cgid       uid        gid       ";

    public static string Row(QueueStat stat) => string.Create(
        CultureInfo.InvariantCulture,
        $"0x{stat.Permissions.Key:x8} {stat.Id,-10} {Owner(stat),-10} {Octal(stat.Permissions.Mode),-10:o} "
        + $"{stat.Cbytes,-12} {stat.Qnum,-12}");

    public static string Times(QueueStat stat) => string.Create(
        CultureInfo.InvariantCulture,
        $"{stat.Id,-8} {Owner(stat),-10} {Short(stat.Stime),-20} {Short(stat.Rtime),-20} {Short(stat.Ctime),-20}");

    public static string Pids(QueueStat stat) => string.Create(
        CultureInfo.InvariantCulture, $"{stat.Id,-8} {Owner(stat),-10} {stat.Lspid,6}     {stat.Lrpid,6}");

    public static string Creators(QueueStat stat)
    {
        var permissions = stat.Permissions;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{stat.Id,-10} {Octal(permissions.Mode),-10} {Names.User(permissions.Cuid),-10} "
            + $"{Names.Group(permissions.Cgid),-10} {Names.User(permissions.Uid),-10} {Names.Group(permissions.Gid),-10}");
    }

    public static string One(QueueStat stat)
    {
        var permissions = stat.Permissions;
        return string.Create(CultureInfo.InvariantCulture, $"""

            Message Queue msqid={stat.Id}
            uid={permissions.Uid}	gid={permissions.Gid}	cuid={permissions.Cuid}	cgid={permissions.Cgid}	mode={Octal(permissions.Mode).PadLeft(4, '0')}
            cbytes={stat.Cbytes}	qbytes={stat.Qbytes}	qnum={stat.Qnum}	lspid={stat.Lspid}	lrpid={stat.Lrpid}
            send_time={Long(stat.Stime),-26}
            rcv_time={Long(stat.Rtime),-26}
            change_time={Long(stat.Ctime),-26}

            """);
    }

    public static string Limits(MessageQueueLimits limits) => string.Create(CultureInfo.InvariantCulture, $"""

        ------ Messages Limits --------
        max queues system wide = {limits.MsgMni}
        max size of message (bytes) = {limits.MsgMax}
        default max size of queue (bytes) = {limits.MsgMnb}

        """);

    public static string Summary(MessageQueueUsage usage) => string.Create(CultureInfo.InvariantCulture, $"""

        ------ Messages Status --------
        allocated queues = {usage.Queues}
        used headers = {usage.Messages}
        used space = {usage.Bytes} bytes

        """);

    private static string Owner(QueueStat stat) => Names.User(stat.Permissions.Uid);

    private static string Octal(uint mode) => Convert.ToString(mode, 8);

    private static string Short(long seconds) => Time(seconds, "MMM dd HH:mm:ss");

    private static string Long(long seconds) => Time(seconds, "ddd MMM d HH:mm:ss yyyy");

    private static string Time(long seconds, string format) => seconds == 0
        ? "Not set"
        : DateTimeOffset.FromUnixTimeSeconds(seconds).ToLocalTime().ToString(format, CultureInfo.InvariantCulture);
}
