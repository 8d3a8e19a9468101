using Cluster.Client;

namespace Cluster.Cli.Tests;

/// <summary>ipc ls, cat and rm, and lsipc and sysctl, for objects with names: the output is that of Linux.</summary>
public sealed class FilesTests
{
    private const int Made = 1_795_511_300; // 2026-11-24 09:08:20 UTC

    private readonly Tool _tool = new(new Clock());

    [Fact]
    public async Task Cat_prints_the_file_of_a_queue_as_the_kernel_does()
    {
        var queue = await _tool.MakePosixQueueAsync("/q");
        Assert.Equal(0, await _tool.RunAsync("cat /dev/mqueue/q"));
        await queue.SendAsync(new byte[42]);
        await queue.NotifyAsync(NotifyMethod.Signal, signal: 12);
        Assert.Equal(0, await _tool.RunAsync("cat /dev/mqueue/q"));
        Assert.Equal(
            "QSIZE:0          NOTIFY:0     SIGNO:0     NOTIFY_PID:0     \n"
            + $"QSIZE:42         NOTIFY:0     SIGNO:12    NOTIFY_PID:{_tool.Ipc.Pid,-6}\n",
            _tool.Output);
    }

    [Fact]
    public async Task Cat_continues_after_a_file_that_is_not_there_or_not_readable()
    {
        await _tool.MakePosixQueueAsync("/q");
        Assert.Equal(0, await _tool.RunAsync("mq create /secret --mode 0 --uid 0"));
        Assert.Equal(
            1, await _tool.RunAsync("cat --uid 7 /dev/mqueue/none /dev/mqueue/secret /dev/mqueue /dev/mqueue/q"));
        Assert.StartsWith("QSIZE:0 ", _tool.Output, StringComparison.Ordinal);
        Assert.Equal(
            "cat: /dev/mqueue/none: No such file or directory\ncat: /dev/mqueue/secret: Permission denied\n"
            + "cat: /dev/mqueue: No such file or directory\n",
            _tool.Error);
    }

    [Fact]
    public async Task Ls_lists_files_as_ls_does()
    {
        Assert.Equal(0, await _tool.RunAsync("ls mq"));
        Assert.Empty(_tool.Output);
        Assert.Equal(0, await _tool.RunAsync("mq create /jobs --uid 0 --gid 0"));
        Assert.Equal(0, await _tool.RunAsync("mq create /sem.x --mode 0420 --uid 123456 --gid 7654321"));
        const string jobs = "-rw-r--r-- 1 root   root    80 Nov 24 09:08 jobs\n";
        const string other = "-r---w---- 1 123456 7654321 80 Nov 24 09:08 sem.x\n";
        foreach (var place in new[] { "ls mq", "ls", "ls /dev/mqueue", "ls /dev/mqueue/" })
        {
            var before = _tool.Output.Length;
            Assert.Equal(0, await _tool.RunAsync(place));
            Assert.Equal(jobs + other, _tool.Output[before..]);
        }
    }

    [Theory]
    [InlineData("2027-05-25T00:00:00Z", "Nov 24 09:08")]
    [InlineData("2027-05-26T00:10:00Z", "Nov 24  2026")]
    [InlineData("2026-11-24T09:08:19Z", "Nov 24  2026")]
    public async Task Ls_shows_the_year_of_a_time_that_is_far_away(string now, string time)
    {
        await _tool.MakePosixQueueAsync("/q");
        _tool.Now = DateTimeOffset.Parse(now, System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(0, await _tool.RunAsync("ls /dev/mqueue/q"));
        Assert.EndsWith($" 80 {time} /dev/mqueue/q\n", _tool.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ls_json_is_an_array()
    {
        Assert.Equal(0, await _tool.RunAsync("ls mq --json"));
        Assert.Equal("[]\n", _tool.Output);
        Assert.Equal(0, await _tool.RunAsync("mq create /a --uid 7 --gid 8 --volatile"));
        Assert.Equal(0, await _tool.RunAsync("mq create /b --uid 7 --gid 8"));
        Assert.Equal(0, await _tool.RunAsync("ls mq --json"));
        static string Line(string name, int id, string lives) =>
            $"{{\"file\":\"/dev/mqueue/{name}\",\"name\":\"/{name}\",\"id\":{id},\"uid\":7,\"gid\":8,\"mode\":\"0644\","
            + $"\"size\":80,\"ctime\":{Made},\"descriptions\":0,\"volatile\":{lives}}}";
        Assert.Equal($"[]\n[{Line("a", 0, "true")},\n{Line("b", 1, "false")}]\n", _tool.Output);
    }

    [Fact]
    public async Task Ls_streams_a_long_list_and_tells_what_is_not_there()
    {
        await using var root = await _tool.ConnectAsync(uid: 0);
        await root.Namespace.SetLimitAsync("mqueue_queues_max", 2_000);
        for (var i = 0; i < 1_001; i++)
        {
            await using var queue = await root.PosixMessageQueues.OpenAsync(
                $"/q{i}", OpenFlags.ReadOnly | OpenFlags.Create, size: new PosixQueueSize(1, 1));
        }

        Assert.Equal(1, await _tool.RunAsync("ls /dev/mqueue /dev/mqueue/none /dev/shm/x pipe"));
        Assert.Equal(1_002, _tool.Output.Split('\n').Length);
        Assert.Equal(
            "ls: cannot access '/dev/mqueue/none': No such file or directory\n"
            + "ls: cannot access '/dev/shm/x': No such file or directory\n"
            + "ls: cannot access 'pipe': No such file or directory\n",
            _tool.Error);
    }

    [Fact]
    public async Task Rm_removes_names_by_path_and_by_kind()
    {
        foreach (var name in new[] { "a", "b", "c", "d" }) await _tool.MakePosixQueueAsync($"/{name}");
        Assert.Equal(0, await _tool.RunAsync("rm /dev/mqueue/a"));
        Assert.Equal(0, await _tool.RunAsync("rm mq b /c"));
        Assert.Equal(1, await _tool.RunAsync("rm /dev/mqueue/a /dev/shm/x /dev/mqueue/d"));
        Assert.Equal(1, await _tool.RunAsync("rm mq a"));
        Assert.Equal(
            "rm: cannot remove '/dev/mqueue/a': No such file or directory\n"
            + "rm: cannot remove '/dev/shm/x': No such file or directory\n"
            + "rm: cannot remove 'a': No such file or directory\n",
            _tool.Error);
        Assert.Empty(await _tool.Ipc.PosixMessageQueues.ListAsync().ToListAsync());
        Assert.Equal(2, await _tool.RunAsync("rm mq"));
    }

    [Fact]
    public async Task Rm_of_a_foreign_queue_is_denied()
    {
        Assert.Equal(0, await _tool.RunAsync("mq create /q --uid 7"));
        Assert.Equal(1, await _tool.RunAsync("rm /dev/mqueue/q --uid 8"));
        Assert.Equal("rm: cannot remove '/dev/mqueue/q': Permission denied\n", _tool.Error);
    }

    [Theory]
    [InlineData("cat /proc/sys/fs/mqueue/msg_max", "10\n")]
    [InlineData("cat sys/fs/mqueue/queues_max fs/mqueue/msgsize_default", "256\n8192\n")]
    [InlineData("sysctl fs.mqueue.msg_max", "fs.mqueue.msg_max = 10\n")]
    [InlineData("sysctl -n fs/mqueue/msgsize_max", "8192\n")]
    [InlineData("sysctl --uid 0 -w fs.mqueue.msg_max=5", "fs.mqueue.msg_max = 5\n")]
    public async Task Limits_have_the_names_of_Linux(string line, string expected)
    {
        Assert.Equal(0, await _tool.RunAsync(line));
        Assert.Equal(expected, _tool.Output);
    }

    [Theory]
    [InlineData("sysctl --uid 0 fs.mqueue.msgsize_max=127", 1, "ipc: sysctl(mqueue_msgsize_max): EINVAL (")]
    [InlineData("sysctl msg_max", 2, "ipc: NAME: 'msg_max' is not one of fs.mqueue.msg_default, ")]
    [InlineData("sysctl fs.mqueue.msgsize_max=x", 2,
        "ipc: fs.mqueue.msgsize_max: 'x' is not a number from 128 to 16777216\n")]
    [InlineData("cat fs.mqueue.msg_max", 1, "cat: fs.mqueue.msg_max: No such file or directory\n")]
    public async Task Bad_names_and_values_of_limits_are_told(string line, int code, string error)
    {
        Assert.Equal(code, await _tool.RunAsync(line));
        Assert.StartsWith(error, _tool.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lsipc_lists_posix_queues_only_if_it_is_asked()
    {
        Assert.Equal(0, await _tool.RunAsync("mq create /jobs --uid 0 --gid 0"));
        Assert.Equal(0, await _tool.RunAsync("mq create /secret --mode 0 --uid 0 --gid 0"));
        Assert.Equal(0, await _tool.RunAsync("mq send /jobs hello --uid 0"));
        Assert.Equal(0, await _tool.RunAsync("lsipc -Q --uid 7"));
        Assert.Equal(
            "NAME        PERMS OWNER MTIME USEDBYTES MSGS\n"
            + "/jobs   rw-r--r--  root 09:08        5B 1\n/secret ---------  root 09:08           \n",
            _tool.Output);
        Assert.Equal(0, await _tool.RunAsync("lsipc"));
        Assert.DoesNotContain("POSIX", _tool.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lsipc_shows_one_posix_queue_and_the_limits()
    {
        await _tool.MakePosixQueueAsync("/jobs");
        Assert.Equal(0, await _tool.RunAsync("lsipc --posix-mqueues --name /jobs -o NAME,MSGS --json"));
        Assert.Equal("/jobs", _tool.Json.GetProperty("posix-messages")[0].GetProperty("name").GetString());
        var before = _tool.Output.Length;
        Assert.Equal(0, await _tool.RunAsync("lsipc -Q -g -o RESOURCE,LIMIT,USED --raw --noheadings"));
        Assert.EndsWith("MQUMNI 256 1\nMQUMAX 8K -\nMQUMNB 10 -\n", _tool.Output[before..], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("lsipc -Q -N /none", "lsipc: POSIX message queue /none not found")]
    [InlineData("lsipc -Q -i 0", "lsipc: -Q takes --name, not --id")]
    [InlineData("lsipc -q -N /q", "lsipc: -q takes --id, not --name")]
    [InlineData("lsipc -N /q", "lsipc: --global is mutually exclusive with --name")]
    [InlineData("lsipc -Q -q", "lsipc: mutually exclusive arguments: --posix-mqueues --shmems --queues --semaphores")]
    [InlineData("lsipc -Q -o NSEMS", "lsipc: column NSEMS does not apply to the specified IPC")]
    public async Task Lsipc_refuses_options_that_do_not_go_together(string line, string error)
    {
        Assert.Equal(1, await _tool.RunAsync(line));
        Assert.StartsWith($"ipc: {error}\n", _tool.Error, StringComparison.Ordinal);
    }

    private sealed class Clock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeSeconds(Made);
    }
}
