using System.Text;
using Cluster.Agent.Native;
using Cluster.Agent.Wire;

namespace Cluster.Agent.Calls;

/// <summary>The files of proc(5) about IPC, with the columns of Linux: ipc/msg.c, ipc/sem.c, ipc/shm.c.</summary>
internal static class KernelFiles
{
    private const string SystemV = "/proc/sysvipc/";
    private const string MessageTitle = "       key      msqid perms      cbytes       qnum lspid lrpid"
        + "   uid   gid  cuid  cgid      stime      rtime      ctime\n";

    private const string SemaphoreTitle =
        "       key      semid perms      nsems   uid   gid  cuid  cgid      otime      ctime\n";

    private const string MemoryTitle = "       key      shmid perms                  size  cpid  lpid nattch"
        + "   uid   gid  cuid  cgid      atime      dtime      ctime                   rss                  swap\n";

    /// <summary>A descriptor of the contents that the file has now.</summary>
    public static async ValueTask<Answer> OpenAsync(Caller caller, CallFrame request, CancellationToken cancelled)
    {
        var (flags, path) = ((int)request[0], Encoding.UTF8.GetString(request.Payload.Span));
        if ((flags & FileFlags.O_ACCMODE) != FileFlags.O_RDONLY)
            return OpenForWriting(caller, path);
        var text = path switch
        {
            SystemV + "msg" => await MessagesAsync(caller, cancelled).ConfigureAwait(false),
            SystemV + "sem" => await SemaphoresAsync(caller, cancelled).ConfigureAwait(false),
            SystemV + "shm" => await MemoryAsync(caller, cancelled).ConfigureAwait(false),
            _ => await Settings.ReadAsync(caller, path, cancelled).ConfigureAwait(false),
        };
        if (text is null)
            return Answer.Fail(Errno.ENOENT);
        using var file = MemoryFiles.Create("ipc-file", Encoding.UTF8.GetBytes(text));
        if (file is null)
            return Answer.Fail(Errno.ENOMEM);
        return new Answer(0) { Descriptor = MemoryFiles.Reopen(file, Libc.O_RDONLY) };
    }

    // The kernel has allowed the open before; the cluster allows the change to uid 0 alone.
    private static Answer OpenForWriting(Caller caller, string path)
    {
        if (!Settings.Has(path))
            return Answer.Fail(Errno.EACCES);
        if (MemoryFiles.Create("ipc-setting", default) is not { } file)
            return Answer.Fail(Errno.ENOMEM);
        caller.Written.Add(caller, path, file);
        return new Answer(0) { Descriptor = MemoryFiles.Reopen(file, Libc.O_RDWR) };
    }

    private static async Task<string> MessagesAsync(Caller caller, CancellationToken cancelled)
    {
        var all = await MessageQueueCalls.Queues
            .StatAllAsync(caller, () => MessageQueueCalls.Stat(any: true), cancelled).ConfigureAwait(false);
        return Rows(MessageTitle, all.Select(result => result.QueueStat), stat =>
            $"{Head(stat.Permissions, stat.Id)}  {stat.Cbytes,10} {stat.Qnum,10} {caller.Pids.ToLinux(stat.Lspid),5} "
            + $"{caller.Pids.ToLinux(stat.Lrpid),5}{Owners(stat.Permissions)} {stat.Stime,10} {stat.Rtime,10} "
            + $"{stat.Ctime,10}");
    }

    private static async Task<string> SemaphoresAsync(Caller caller, CancellationToken cancelled)
    {
        var all = await SemaphoreSetCalls.Sets
            .StatAllAsync(caller, () => SemaphoreSetCalls.Stat(any: true), cancelled).ConfigureAwait(false);
        return Rows(SemaphoreTitle, all.Select(result => result.SetStat), stat =>
            $"{Head(stat.Permissions, stat.Id)} {stat.Nsems,10}{Owners(stat.Permissions)} {stat.Otime,10} "
            + $"{stat.Ctime,10}");
    }

    private static async Task<string> MemoryAsync(Caller caller, CancellationToken cancelled)
    {
        var all = await SharedMemoryCalls.Segments
            .StatAllAsync(caller, () => SharedMemoryCalls.Stat(any: true), cancelled).ConfigureAwait(false);
        return Rows(MemoryTitle, all.Select(result => result.SegmentStat), stat =>
            $"{Head(stat.Permissions, stat.Id)} {stat.Segsz,21} {caller.Pids.ToLinux(stat.Cpid),5} "
            + $"{caller.Pids.ToLinux(stat.Lpid),5}  {stat.Nattch,5}{Owners(stat.Permissions)} {stat.Atime,10} "
            + $"{stat.Dtime,10} {stat.Ctime,10} {stat.Extents * Bounds.ExtentBytes,21} {0,21}");
    }

    private static string Rows<T>(string title, IEnumerable<T> stats, Func<T, string> row) =>
        title + string.Concat(stats.Select(stat => row(stat) + "\n"));

    private static string Head(Permissions of, int id) =>
        $"{of.Key,10} {id,10}  {Convert.ToString(of.Mode, 8),4}";

    private static string Owners(Permissions of) =>
        $" {of.Uid,5} {of.Gid,5} {of.Cuid,5} {of.Cgid,5}";
}
