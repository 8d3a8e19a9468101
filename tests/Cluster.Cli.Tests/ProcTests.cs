using System.Globalization;

namespace Cluster.Cli.Tests;

/// <summary>
/// ipc cat and ipc lsipc: byte for byte the output of Linux and util-linux 2.38 for the same objects.
/// </summary>
public sealed class ProcTests
{
    private const string Messages =
        "       key      msqid perms      cbytes       qnum lspid lrpid   uid   gid  cuid  cgid"
        + "      stime      rtime      ctime\n"
        + "  -7215887          0   600          20          1 24221     0     0     0     0     0"
        + " 1795511301          0 1795511300\n";

    private const string Semaphores =
        "       key      semid perms      nsems   uid   gid  cuid  cgid      otime      ctime\n"
        + " 182118648          0   644          3     0     0     0     0 1795511301 1795511300\n"
        + "1964205141          1   666          1     0     0     0     0          0 1795511300\n";

    // Linux counts 53248 resident bytes for the first segment. Here an extent that was written counts as a whole.
    private const string Segments =
        "       key      shmid perms                  size  cpid  lpid nattch   uid   gid  cuid  cgid"
        + "      atime      dtime      ctime                   rss                  swap\n"
        + "1807593880          0  2600                100000 24216 24221      1     0     0     0     0"
        + " 1795511301          0 1795511300                262144                     0\n"
        + "         0          1  1644                  4096 24217 24221      1     0     0     0     0"
        + " 1795511301          0 1795511300                     0                     0\n"
        + "1479037077          2   644                     1 24220     0      0     0     0     0     0"
        + "          0          0 1795511300                     0                     0\n";

    private const string Summary = """
        RESOURCE DESCRIPTION                                              LIMIT USED  USE%
        MSGMNI   Number of message queues                                 32000    1 0.00%
        MSGMAX   Max size of message (bytes)                                 8K    -     -
        MSGMNB   Default max size of queue (bytes)                          16K    -     -
        SHMMNI   Shared memory segments                                    4096    3 0.07%
        SHMALL   Shared memory pages                       18446744073692774399   27 0.00%
        SHMMAX   Max size of shared memory segment (bytes)                  16E    -     -
        SHMMIN   Min size of shared memory segment (bytes)                   1B    -     -
        SEMMNI   Number of semaphore identifiers                          32000    2 0.01%
        SEMMNS   Total number of semaphores                          1024000000    4 0.00%
        SEMMSL   Max semaphores per semaphore set.                        32000    -     -
        SEMOPM   Max number of operations per semop(2)                      500    -     -
        SEMVMX   Semaphore max value                                      32767    -     -

        """;

    [Theory]
    [InlineData("/proc/sysvipc/msg", Messages)]
    [InlineData("msg", Messages)]
    [InlineData("/proc/sysvipc/sem", Semaphores)]
    [InlineData("sem", Semaphores)]
    [InlineData("/proc/sysvipc/shm", Segments)]
    [InlineData("sysvipc/shm", Segments)]
    [InlineData("/proc/sys/kernel/sem", "32000\t1024000000\t500\t32000\n")]
    [InlineData("kernel/sem", "32000\t1024000000\t500\t32000\n")]
    [InlineData("/proc/sys/kernel/msgmax", "8192\n")]
    [InlineData("sys/kernel/msgmnb", "16384\n")]
    [InlineData("msgmni", "32000\n")]
    [InlineData("/proc/sys/kernel/shmmax", "18446744073692774399\n")]
    [InlineData("/proc/sys/kernel/shmall", "18446744073692774399\n")]
    [InlineData("/proc/sys/kernel/shmmni", "4096\n")]
    public async Task Cat_writes_the_file(string file, string expected)
    {
        var filled = await World.FilledAsync();
        Assert.Equal(0, await filled.RunAsync($"cat {file}"));
        Assert.Equal(expected, filled.Output);
    }

    [Fact]
    public async Task Cat_of_an_unknown_file_continues_and_fails()
    {
        var filled = await World.FilledAsync();
        Assert.Equal(1, await filled.RunAsync("cat /proc/sysvipc/pipe /proc/kernel/sem sysvipc/msgmax msgmax"));
        Assert.Equal("8192\n", filled.Output);
        Assert.Equal(
            "cat: /proc/sysvipc/pipe: No such file or directory\ncat: /proc/kernel/sem: No such file or directory\n"
            + "cat: sysvipc/msgmax: No such file or directory\n",
            filled.Error);
    }

    [Fact]
    public async Task Cat_without_objects_prints_the_header()
    {
        var tool = new Tool();
        Assert.Equal(0, await tool.RunAsync("cat /proc/sysvipc/sem"));
        Assert.Equal(Semaphores[..(Semaphores.IndexOf('\n', StringComparison.Ordinal) + 1)], tool.Output);
    }

    [Fact]
    public async Task Lsipc_is_a_summary()
    {
        var filled = await World.FilledAsync();
        Assert.Equal(0, await filled.RunAsync("lsipc"));
        Assert.Equal(Summary, filled.Output);
    }

    [Theory]
    [InlineData("lsipc -q",
        "KEY        ID     PERMS OWNER USEDBYTES MSGS LSPID LRPID\n"
        + "0xff91e4f1 0  rw-------  root       20B 1    24221     0\n")]
    [InlineData("lsipc -m",
        "KEY        ID     PERMS OWNER  SIZE NATTCH STATUS CTIME  CPID  LPID COMMAND\n"
        + "0x6bbdb198 0  rw-------  root 97.7K      1 locked 09:08 24216 24221 \n"
        + "0x00000000 1  rw-r--r--  root    4K      1 dest   09:08 24217 24221 \n"
        + "0x58285095 2  rw-r--r--  root    1B      0        09:08 24220     0 \n")]
    [InlineData("lsipc -s",
        "KEY        ID     PERMS OWNER NSEMS\n"
        + "0x0adae8f8 0  rw-r--r--  root     3\n0x75136455 1  rw-rw-rw-  root     1\n")]
    [InlineData("lsipc -q -b",
        "KEY        ID     PERMS OWNER USEDBYTES MSGS LSPID LRPID\n"
        + "0xff91e4f1 0  rw-------  root        20 1    24221     0\n")]
    public async Task Lsipc_lists_a_kind(string line, string expected)
    {
        var filled = await World.FilledAsync();
        Assert.Equal(0, await filled.RunAsync(line));
        Assert.Equal(expected, filled.Output);
    }

    [Fact]
    public async Task Lsipc_json_has_texts()
    {
        var filled = await World.FilledAsync();
        Assert.Equal(0, await filled.RunAsync("lsipc -m --json"));
        Assert.StartsWith(
            """
            {
               "sharedmemory": [
                  {
                     "key": "0x6bbdb198",
                     "id": "0",
                     "perms": "rw-------",
                     "owner": "root",
                     "size": "97.7K",
                     "nattch": "1",
                     "status": "locked",
                     "ctime": "09:08",
                     "cpid": "24216",
                     "lpid": "24221",
                     "command": null
                  },{

            """,
            filled.Output,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("2026-11-24T23:59:59Z", "09:08")]
    [InlineData("2026-11-25T00:00:00Z", "Nov24")]
    [InlineData("2027-01-01T00:00:00Z", "2026-Nov24")]
    public async Task Lsipc_shortens_recent_times(string now, string time)
    {
        var filled = await World.FilledAsync();
        filled.Now = DateTimeOffset.Parse(now, CultureInfo.InvariantCulture);
        Assert.Equal(0, await filled.RunAsync("lsipc -m --json"));
        Assert.Equal(time, filled.Json.GetProperty("sharedmemory")[2].GetProperty("ctime").GetString());
    }

    [Fact]
    public async Task Lsipc_json_covers_the_summary_and_an_empty_list()
    {
        var filled = await World.FilledAsync();
        Assert.Equal(0, await filled.RunAsync("lsipc --json"));
        Assert.Equal(12, filled.Json.GetProperty("ipclimits").GetArrayLength());
        var tool = new Tool();
        Assert.Equal(0, await tool.RunAsync("lsipc -q"));
        Assert.Empty(tool.Output);
        Assert.Equal(0, await tool.RunAsync("lsipc -q --json"));
        Assert.Equal("{\n   \"messages\": [\n\n   ]\n}\n", tool.Output);
    }

    [Fact]
    public async Task Lsipc_streams_long_lists_with_the_column_widths_of_the_first_rows()
    {
        var tool = new Tool();
        for (var key = 1; key <= 1_001; key++)
            await tool.Ipc.SemaphoreSets.GetAsync(key, mode: (UnixFileMode)0x1A4);
        Assert.Equal(0, await tool.RunAsync("lsipc -s"));
        var lines = tool.Output.Split('\n');
        Assert.Equal(1_003, lines.Length);
        Assert.Equal("0x000003e8 999 rw-r--r--  root     1", lines[1_000]);
        Assert.Equal("0x000003e9 1000 rw-r--r--  root     1", lines[1_001]);
    }
}
