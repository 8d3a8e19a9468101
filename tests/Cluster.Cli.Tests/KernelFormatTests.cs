using System.ComponentModel;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Cluster.Cli.Tests.Fakes;

namespace Cluster.Cli.Tests;

/// <summary>Objects of the kernel under the tests, and such objects here: their lines are the same.</summary>
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
            await CompareAsync("msg", id, (cluster, f) =>
            {
                var queue = cluster.Make((int)f[0], Octal(f[2]), (uint)f[7], (uint)f[8]);
                var stat = Number(cluster.Queues, queue, id).Stat;
                (stat.Id, stat.Cbytes, stat.Qnum) = (id, (ulong)f[3], (ulong)f[4]);
                (stat.Lspid, stat.Lrpid) = ((int)f[5], (int)f[6]);
                (stat.Stime, stat.Rtime, stat.Ctime) = (f[11], f[12], f[13]);
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
            await CompareAsync("sem", id, (cluster, f) =>
            {
                var set = cluster.MakeSet((int)f[0], (int)f[3], Octal(f[2]), (uint)f[4]);
                var stat = Number(cluster.Sets, set, id).Stat;
                (stat.Permissions.Gid, stat.Permissions.Cgid) = ((uint)f[5], (uint)f[7]);
                (stat.Id, stat.Otime, stat.Ctime) = (id, f[8], f[9]);
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
            await CompareAsync("shm", id, (cluster, f) =>
            {
                var segment = cluster.MakeSegment(
                    (int)f[0], (ulong)f[3], Octal(f[2]), (uint)f[7], cpid: (int)f[4]);
                var stat = Number(cluster.Segments, segment, id).Stat;
                (stat.Permissions.Gid, stat.Permissions.Cgid) = ((uint)f[8], (uint)f[10]);
                (stat.Id, stat.Lpid, stat.Nattch) = (id, (int)f[5], (ulong)f[6]);
                (stat.Atime, stat.Dtime, stat.Ctime) = (f[11], f[12], f[13]);
            });
        }
        finally
        {
            _ = SegmentControl(id, Remove, 0);
        }
    }

    private static async Task CompareAsync(string file, int id, Action<FakeCluster, long[]> make)
    {
        var lines = await File.ReadAllLinesAsync($"/proc/sysvipc/{file}");
        var line = lines.Single(each => Regex.IsMatch(each, $@"^ *-?\d+ +{id} "));
        var tool = new Tool();
        make(tool.Cluster, [.. Regex.Matches(line, @"-?\d+").Select(field => Number(field.Value))]);
        Assert.Equal(0, await tool.RunAsync($"cat /proc/sysvipc/{file}"));
        Assert.Equal($"{lines[0]}\n{line}\n", tool.Output);
    }

    // The kernel's id instead of the one that the fake cluster gave.
    private static T Number<T>(SortedDictionary<int, T> objects, T made, int id)
    {
        objects.Clear();
        objects.Add(id, made);
        return made;
    }

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
