using System.Text;
using Cluster.Cli.Output;
using static Cluster.Cli.Output.IpcsFormat;

namespace Cluster.Cli.Kinds;

/// <summary>The tables of ipcs(1) for semaphore sets, column by column those of util-linux 2.38.</summary>
internal static class SetTables
{
    /// <summary>The title of a table; null: ipcs has no table of the pids of sets.</summary>
    public static string? Title(Layout layout) => layout switch
    {
        Layout.Times => "------ Semaphore Operation/Change Times --------\n"
            + "semid    owner      last-op                    last-changed              ",
        Layout.Pids => null,
        Layout.Creators => "------ Semaphore Arrays Creators/Owners --------\nsemid      " + CreatorsColumns,
        _ => "------ Semaphore Arrays --------\n"
            + "key        semid      owner      perms      nsems     ",
    };

    public static string Row(SemaphoreSetStat stat, Layout layout)
    {
        var permissions = stat.Permissions;
        return layout switch
        {
            Layout.Times => Invariant($"{stat.Id,-8} {Owner(permissions)}  ")
                + $"{Long(stat.Otime),-26} {Long(stat.Ctime),-26}",
            Layout.Creators => Creators(stat.Id, permissions),
            _ => Invariant($"0x{permissions.Key:x8} {stat.Id,-10} {Owner(permissions)} {Octal(permissions),-10} ")
                + Invariant($"{stat.Nsems,-10}"),
        };
    }

    public static string One(SemaphoreSetStat stat, IReadOnlyList<SemaphoreState> values)
    {
        var permissions = stat.Permissions;
        var text = new StringBuilder(Invariant($"\nSemaphore Array semid={stat.Id}\n"))
            .Append(Invariant($"uid={permissions.Uid}\t gid={permissions.Gid}\t "))
            .Append(Invariant($"cuid={permissions.Cuid}\t cgid={permissions.Cgid}\n"))
            .Append($"mode={Prefixed((int)permissions.Mode)}, ")
            .Append($"access_perms={Prefixed((int)permissions.Mode)}\n")
            .Append(Invariant($"nsems = {stat.Nsems}\n"))
            .Append($"otime = {Long(stat.Otime),-26}\nctime = {Long(stat.Ctime),-26}\n")
            .Append("semnum     value      ncount     zcount     pid       \n");
        for (var i = 0; i < values.Count; i++)
        {
            var (value, pid, increase, zero) = values[i];
            text.Append(Invariant($"{i,-10} {value,-10} {increase,-10} {zero,-10} {pid,-10}\n"));
        }

        return text.ToString();
    }
}
