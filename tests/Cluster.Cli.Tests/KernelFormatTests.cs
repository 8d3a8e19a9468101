using System.ComponentModel;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Cluster.Cli.Kinds;
using Cluster.Client;

namespace Cluster.Cli.Tests;

/// <summary>Objects of the kernel that the tests run on have the same lines here.</summary>
public sealed class KernelFormatTests
{
    private const int Mode = 0x1A0;
    private const int Remove = 0;

    [SkippableFact]
    public async Task A_queue_of_the_kernel_has_the_same_line()
    {
        var id = Check(MessageGet(0, Mode));
        try
        {
            await CompareAsync("msg", id, new QueueKind(), f => new MessageQueueStat
            {
                Id = id,
                Permissions = Permissions(f[0], f[2], f[7..11]),
                Cbytes = (ulong)f[3],
                Qnum = (ulong)f[4],
                Lspid = (int)f[5],
                Lrpid = (int)f[6],
                Stime = f[11],
                Rtime = f[12],
                Ctime = f[13],
            });
        }
        finally
        {
            _ = MessageControl(id, Remove, 0);
        }
    }

    [SkippableFact]
    public async Task A_set_of_the_kernel_has_the_same_line()
    {
        var id = Check(SemaphoreGet(0, 7, Mode));
        try
        {
            await CompareAsync("sem", id, new SetKind(), f => new SemaphoreSetStat
            {
                Id = id,
                Permissions = Permissions(f[0], f[2], f[4..8]),
                Nsems = (uint)f[3],
                Otime = f[8],
                Ctime = f[9],
            });
        }
        finally
        {
            _ = SemaphoreControl(id, 0, Remove);
        }
    }

    [SkippableFact]
    public async Task A_segment_of_the_kernel_has_the_same_line()
    {
        var id = Check(SegmentGet(0, 123_456, Mode));
        try
        {
            await CompareAsync("shm", id, new SegmentKind(), f => new SharedMemorySegmentStat
            {
                Id = id,
                Permissions = Permissions(f[0], f[2], f[7..11]),
                Segsz = (ulong)f[3],
                Cpid = (int)f[4],
                Lpid = (int)f[5],
                Nattch = (ulong)f[6],
                Atime = f[11],
                Dtime = f[12],
                Ctime = f[13],
            });
        }
        finally
        {
            _ = SegmentControl(id, Remove, 0);
        }
    }

    private static async Task CompareAsync<THandle, TStat, TChange>(
        string file, int id, SystemVKind<THandle, TStat, TChange> kind, Func<long[], TStat> make)
        where THandle : IIpcObject<TStat, TChange>
        where TStat : class
        where TChange : PermissionsChange, new()
    {
        var lines = await File.ReadAllLinesAsync($"/proc/sysvipc/{file}");
        var line = lines.Single(each => Regex.IsMatch(each, $@"^ *-?\d+ +{id} "));
        var stat = make([.. Regex.Matches(line, @"-?\d+").Select(field => Number(field.Value))]);
        Assert.Equal([lines[0], line], [kind.ProcTitle, kind.ProcRow(stat)]);
    }

    /// <param name="key">The key.</param>
    /// <param name="mode">The mode, whose octal digits were read as decimal ones.</param>
    /// <param name="owners">uid, gid, cuid and cgid.</param>
    private static IpcPermissions Permissions(long key, long mode, long[] owners) => new(
        (int)key, (uint)owners[0], (uint)owners[1], (uint)owners[2], (uint)owners[3], (UnixFileMode)Octal(mode));

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    private static int Octal(long digits) => Convert.ToInt32(digits.ToString(CultureInfo.InvariantCulture), 8);

    private static int Check(int id)
    {
        Skip.IfNot(File.Exists("/proc/sysvipc/msg"), "the kernel has no /proc/sysvipc");
        return id >= 0 ? id : throw new Win32Exception(Marshal.GetLastPInvokeError());
    }

    [DllImport("libc", EntryPoint = "msgget", SetLastError = true)]
    private static extern int MessageGet(int key, int flags);

    [DllImport("libc", EntryPoint = "msgctl")]
    private static extern int MessageControl(int id, int command, nint buffer);

    [DllImport("libc", EntryPoint = "semget", SetLastError = true)]
    private static extern int SemaphoreGet(int key, int count, int flags);

    [DllImport("libc", EntryPoint = "semctl")]
    private static extern int SemaphoreControl(int id, int number, int command);

    [DllImport("libc", EntryPoint = "shmget", SetLastError = true)]
    private static extern int SegmentGet(int key, nint size, int flags);

    [DllImport("libc", EntryPoint = "shmctl")]
    private static extern int SegmentControl(int id, int command, nint buffer);
}
