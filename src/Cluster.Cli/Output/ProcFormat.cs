using Cluster.Client;
using Cluster.Protocol;
using static Cluster.Cli.Output.IpcsFormat;

namespace Cluster.Cli.Output;

/// <summary>
/// The lines of /proc/sysvipc, with the widths of ipc/msg.c, ipc/sem.c and ipc/shm.c. A key is decimal and signed, the
/// mode octal, with the flags of a segment.
/// </summary>
internal static class ProcFormat
{
    public const string Queues = "       key      msqid perms      cbytes       qnum lspid lrpid"
        + "   uid   gid  cuid  cgid      stime      rtime      ctime";

    public const string Sets = "       key      semid perms      nsems   uid   gid  cuid  cgid      otime      ctime";

    public const string Segments = "       key      shmid perms                  size  cpid  lpid nattch"
        + "   uid   gid  cuid  cgid      atime      dtime      ctime                   rss                  swap";

    public static string Line(MessageQueueStat stat) => Head(stat.Id, stat.Permissions)
        + Invariant($"  {stat.Cbytes,10} {stat.Qnum,10} {stat.Lspid,5} {stat.Lrpid,5}{Owners(stat.Permissions)}")
        + Invariant($" {stat.Stime,10} {stat.Rtime,10} {stat.Ctime,10}");

    public static string Line(SemaphoreSetStat stat) => Head(stat.Id, stat.Permissions)
        + Invariant($" {stat.Nsems,10}{Owners(stat.Permissions)} {stat.Otime,10} {stat.Ctime,10}");

    /// <remarks>Resident are the extents that have been written, as wholes; nothing is ever swapped.</remarks>
    public static string Line(SharedMemorySegmentStat stat) => Head(stat.Id, stat.Permissions, stat.ModeBits)
        + Invariant($" {stat.Segsz,21} {stat.Cpid,5} {stat.Lpid,5}  {stat.Nattch,5}{Owners(stat.Permissions)}")
        + Invariant($" {stat.Atime,10} {stat.Dtime,10} {stat.Ctime,10}")
        + Invariant($" {stat.Extents * Bounds.ExtentBytes,21} {0,21}");

    private static string Head(int id, IpcPermissions permissions, int? mode = null) =>
        Invariant($"{permissions.Key,10} {id,10}  {Convert.ToString(mode ?? (int)permissions.Mode, 8),4}");

    private static string Owners(IpcPermissions permissions) => Invariant(
        $" {permissions.Uid,5} {permissions.Gid,5} {permissions.Cuid,5} {permissions.Cgid,5}");
}
