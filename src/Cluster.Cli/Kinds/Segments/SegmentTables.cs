using Cluster.Cli.Output;
using static Cluster.Cli.Output.IpcsFormat;

namespace Cluster.Cli.Kinds;

/// <summary>The tables of ipcs(1) for shared memory segments, column by column those of util-linux 2.38.</summary>
internal static class SegmentTables
{
    private const ulong PageBytes = 4096;
    private const ulong PageKilobytes = 4;

    public static string Title(Layout layout, SizeUnit unit) => layout switch
    {
        Layout.Times => "------ Shared Memory Attach/Detach/Change Times --------\n"
            + "shmid      owner      attached             detached             changed             ",
        Layout.Pids => "------ Shared Memory Creator/Last-op PIDs --------\n"
            + "shmid      owner      cpid       lpid      ",
        Layout.Creators => "------ Shared Memory Segment Creators/Owners --------\nshmid      " + CreatorsColumns,
        _ => "------ Shared Memory Segments --------\n"
            + $"key        shmid      owner      perms      {(unit == SizeUnit.Human ? "size " : "bytes")}      "
            + "nattch     status      ",
    };

    public static string Row(SharedMemorySegmentStat stat, Layout layout, SizeUnit unit)
    {
        var permissions = stat.Permissions;
        return layout switch
        {
            Layout.Times => Invariant($"{stat.Id,-10} {Owner(permissions)} ")
                + $"{Short(stat.Atime),-20} {Short(stat.Dtime),-20} {Short(stat.Ctime),-20}",
            Layout.Pids => Invariant($"{stat.Id,-10} {Owner(permissions)} {stat.Cpid,-10} {stat.Lpid,-10}"),
            Layout.Creators => Creators(stat.Id, permissions),
            _ => Default(stat, unit),
        };
    }

    public static string One(SharedMemorySegmentStat stat, SizeUnit unit)
    {
        var permissions = stat.Permissions;
        var size = unit == SizeUnit.Human ? "size" : "bytes";
        return Invariant($"\nShared memory Segment shmid={stat.Id}\n")
            + Invariant($"uid={permissions.Uid}\tgid={permissions.Gid}\t")
            + Invariant($"cuid={permissions.Cuid}\tcgid={permissions.Cgid}\n")
            + $"mode={Prefixed(stat.ModeBits)}\taccess_perms={Prefixed((int)permissions.Mode)}\n"
            + Invariant($"{size}={unit.Show(stat.Segsz)}\tlpid={stat.Lpid}\tcpid={stat.Cpid}\tnattch={stat.Nattch}\n")
            + $"att_time={Long(stat.Atime),-26}\ndet_time={Long(stat.Dtime),-26}\n"
            + $"change_time={Long(stat.Ctime),-26}\n";
    }

    /// <remarks>shmall in bytes may need more than 64 bits. ipcs then shows the last page that fits.</remarks>
    public static Shown Limits(SharedMemoryLimits limits, SizeUnit unit)
    {
        var (kilobytes, bytes) = unit switch
        {
            SizeUnit.Human => ("", ""),
            SizeUnit.Bytes => (" (bytes)", " (bytes)"),
            _ => (" (kbytes)", " (bytes)"),
        };
        var inKilobytes = unit == SizeUnit.Default;
        var most = inKilobytes ? limits.ShmMax / 1024 : limits.ShmMax;
        var total = Total(limits.ShmAll, inKilobytes ? PageKilobytes : PageBytes);
        return Shown.Section(
            "Shared Memory Limits",
            ("shmmni", limits.ShmMni, $"max number of segments = {limits.ShmMni}"),
            ("shmmax", limits.ShmMax, $"max seg size{kilobytes} = {unit.Show(most)}"),
            ("shmall", limits.ShmAll, $"max total shared memory{kilobytes} = {unit.Show(total)}"),
            ("shmmin", limits.ShmMin, $"min seg size{bytes} = {unit.Show((ulong)limits.ShmMin)}"));
    }

    private static string Default(SharedMemorySegmentStat stat, SizeUnit unit)
    {
        var (size, permissions) = (unit.Show(stat.Segsz), stat.Permissions);
        var column = unit == SizeUnit.Human ? $"{size,6}    " : $"{size,-10}";
        var dest = stat.IsDoomed ? "dest" : "";
        var locked = stat.IsLocked ? "locked" : "";
        return Invariant($"0x{permissions.Key:x8} {stat.Id,-10} {Owner(permissions)} {Octal(permissions),-10} ")
            + Invariant($"{column} {stat.Nattch,-10} {dest,-6} {locked,-6}");
    }

    private static ulong Total(ulong pages, ulong unitsPerPage) => pages > ulong.MaxValue / unitsPerPage
        ? ulong.MaxValue - (ulong.MaxValue % unitsPerPage)
        : pages * unitsPerPage;
}
