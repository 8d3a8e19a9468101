using Cluster.Cli.Output;
using static Cluster.Cli.Output.IpcsFormat;

namespace Cluster.Cli.Kinds;

/// <summary>The tables of ipcs(1) for message queues, column by column those of util-linux 2.38.</summary>
internal static class QueueTables
{
    public static string Title(Layout layout, SizeUnit unit) => layout switch
    {
        Layout.Times => "------ Message Queues Send/Recv/Change Times --------\n"
            + "msqid    owner      send                 recv                 change              ",
        Layout.Pids => "------ Message Queues PIDs --------\nmsqid      owner      lspid      lrpid     ",
        Layout.Creators => "------ Message Queues Creators/Owners --------\nmsqid      " + CreatorsColumns,
        _ => "------ Message Queues --------\n"
            + $"key        msqid      owner      perms      {(unit == SizeUnit.Human ? "size      " : "used-bytes")}"
            + "   messages    ",
    };

    public static string Row(MessageQueueStat stat, Layout layout, SizeUnit unit)
    {
        var permissions = stat.Permissions;
        return layout switch
        {
            Layout.Times => Invariant($"{stat.Id,-8} {Owner(permissions)} ")
                + $"{Short(stat.Stime),-20} {Short(stat.Rtime),-20} {Short(stat.Ctime),-20}",
            Layout.Pids => Invariant($"{stat.Id,-8} {Owner(permissions)}  {stat.Lspid,5}     {stat.Lrpid,5}"),
            Layout.Creators => Creators(stat.Id, permissions),
            _ => Default(stat, unit),
        };
    }

    public static string One(MessageQueueStat stat, SizeUnit unit)
    {
        var permissions = stat.Permissions;
        var (used, room) = unit == SizeUnit.Human ? ("csize", "qsize") : ("cbytes", "qbytes");
        return Invariant($"\nMessage Queue msqid={stat.Id}\n")
            + Invariant($"uid={permissions.Uid}\tgid={permissions.Gid}\tcuid={permissions.Cuid}\t")
            + Invariant($"cgid={permissions.Cgid}\tmode={Prefixed((int)permissions.Mode)}\n")
            + Invariant($"{used}={unit.Show(stat.Cbytes)}\t{room}={unit.Show(stat.Qbytes)}\t")
            + Invariant($"qnum={stat.Qnum}\tlspid={stat.Lspid}\tlrpid={stat.Lrpid}\n")
            + $"send_time={Long(stat.Stime),-26}\nrcv_time={Long(stat.Rtime),-26}\n"
            + $"change_time={Long(stat.Ctime),-26}\n";
    }

    // With --human, ipcs aligns the size to the right, in another width.
    private static string Default(MessageQueueStat stat, SizeUnit unit)
    {
        var (size, permissions) = (unit.Show(stat.Cbytes), stat.Permissions);
        var column = unit == SizeUnit.Human ? $"{size,6}      " : $"{size,-12}";
        return Invariant($"0x{permissions.Key:x8} {stat.Id,-10} {Owner(permissions)} {Octal(permissions),-10} ")
            + Invariant($"{column} {stat.Qnum,-12}");
    }
}
