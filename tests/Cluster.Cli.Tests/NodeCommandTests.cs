using Cluster.Client;
using Cluster.Protocol;
namespace Cluster.Cli.Tests;

/// <summary>ipc stat, sysctl and ns, and the options of every command.</summary>
public sealed class NodeCommandTests
{
    private readonly Tool _tool = new();

    [Fact]
    public async Task Stat_for_people_has_one_name_and_value_per_line()
    {
        Assert.Equal(0, await _tool.RunAsync("stat"));
        Assert.StartsWith(
            "node               http://node:1\nversion            1.2.3\nuptime_ms          5000\n",
            _tool.Output,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stat_json_is_one_object()
    {
        Assert.Equal(0, await _tool.RunAsync("--json stat"));
        Assert.Equal(
            "node version uptime_ms journal sessions entities calls results parked journal_rows journal_bytes "
            + "journal_commits journal_commit_us",
            string.Join(' ', _tool.Json.EnumerateObject().Select(member => member.Name)));
        Assert.Equal(250.0, _tool.Json.GetProperty("journal_commit_us").GetDouble());
    }

    [Fact]
    public async Task Sysctl_shows_and_sets()
    {
        Assert.Equal(0, await _tool.RunAsync("sysctl --uid 0"));
        Assert.Equal(0, await _tool.RunAsync("sysctl --uid 0 kernel.msgmax=100 kernel.msgmni"));
        Assert.Equal(0, await _tool.RunAsync("sysctl --uid 0 msgmax --json"));
        Assert.Equal(
            """
            fs.mqueue.msg_default = 10
            fs.mqueue.msg_max = 10
            fs.mqueue.msgsize_default = 8192
            fs.mqueue.msgsize_max = 8192
            fs.mqueue.queues_max = 256
            kernel.msg_next_id = -1
            kernel.msgmax = 8192
            kernel.msgmnb = 16384
            kernel.msgmni = 32000
            kernel.sem = 32000	1024000000	500	32000
            kernel.sem_next_id = -1
            kernel.shm_next_id = -1
            kernel.shmall = 18446744073692774399
            kernel.shmmax = 18446744073692774399
            kernel.shmmni = 4096
            kernel.msgmax = 100
            kernel.msgmni = 32000
            {"kernel.msgmax":100}

            """,
            _tool.Output);
        Assert.Equal(1, await _tool.RunAsync("sysctl --uid 5 kernel.msgmax=7"));
        Assert.StartsWith("ipc: sysctl(msgmax): EPERM (", _tool.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sysctl_has_the_options_and_the_slashes_of_sysctl_8()
    {
        Assert.Equal(0, await _tool.RunAsync("sysctl --uid 0 -w kernel/msgmax=100"));
        Assert.Equal(0, await _tool.RunAsync("sysctl -n kernel.msgmax kernel.shmmni"));
        Assert.Equal("kernel.msgmax = 100\n100\n4096\n", _tool.Output);
        Assert.Equal(0, await _tool.RunAsync("sysctl -a"));
        Assert.EndsWith("kernel.shmmni = 4096\n", _tool.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sysctl_of_kernel_sem_is_four_limits()
    {
        Assert.Equal(0, await _tool.RunAsync("sysctl", "--uid", "0", "kernel.sem=250 32000  32\t128"));
        Assert.Equal(0, await _tool.RunAsync("sysctl", "--uid", "0", "kernel.sem=0x64 010"));
        Assert.Equal(0, await _tool.RunAsync("sysctl sem msgmax --json"));
        Assert.Equal(
            "kernel.sem = 250\t32000\t32\t128\nkernel.sem = 100\t8\t32\t128\n"
            + "{\"kernel.sem\":[100,8,32,128],\"kernel.msgmax\":8192}\n",
            _tool.Output);
        Assert.Equal(0, await _tool.RunAsync("sysctl --uid 0 --inherit kernel.sem"));
        Assert.EndsWith("kernel.sem = 32000\t1024000000\t500\t32000\n", _tool.Output, StringComparison.Ordinal);
    }

    // As Linux 6.18 does: a semget with a negative semmsl is EINVAL even for a set that exists, a new set with a negative
    // semmns is ENOSPC, and a negative semopm is no limit.
    [Fact]
    public async Task Negative_numbers_of_kernel_sem_do_what_they_do_on_linux()
    {
        var sets = _tool.Ipc.SemaphoreSets;
        await sets.GetAsync(77, 3);
        Assert.Equal(0, await _tool.RunAsync("sysctl", "--uid", "0", "kernel.sem=-1"));
        Assert.Equal("kernel.sem = -1\t1024000000\t500\t32000\n", _tool.Output);
        foreach (var count in (int[])[0, 1]) Assert.Equal(Errno.EINVAL, await ErrnoAsync(() => sets.GetAsync(77, count)));
        Assert.Equal(Errno.EINVAL, await ErrnoAsync(() => sets.CreateAsync(1)));
        Assert.Equal(0, await _tool.RunAsync("sysctl", "--uid", "0", "kernel.sem=250 -1 -1"));
        Assert.Equal(Errno.ENOSPC, await ErrnoAsync(() => sets.CreateAsync(1)));
        var set = await sets.GetAsync(77, 1);
        await set.OperateAsync([.. Enumerable.Repeat(new SemaphoreOperation(0, 1), 600)]);
        Assert.Equal(1, await _tool.RunAsync("sysctl", "--uid", "0", "kernel.sem=-2147483649"));

        static async Task<Errno> ErrnoAsync(Func<Task> call) => (await Assert.ThrowsAsync<IpcException>(call)).Errno;
    }

    [Fact]
    public async Task Sysctl_sets_the_numbers_of_kernel_sem_before_a_wrong_one()
    {
        Assert.Equal(1, await _tool.RunAsync("sysctl", "--uid", "0", "kernel.sem=1 2 3 99999999"));
        Assert.StartsWith("ipc: sysctl(semmni): ERANGE (", _tool.Error, StringComparison.Ordinal);
        var limits = await _tool.Ipc.Namespace.GetLimitsAsync();
        Assert.Equal((1, 32_000), (limits.Semmsl, limits.Semmni));
    }

    [Fact]
    public async Task Sysctl_of_shmmax_and_shmall_has_64_bits()
    {
        Assert.Equal(
            0, await _tool.RunAsync("sysctl --uid 0 kernel.shmmax=18446744073709551615 kernel.shmall=0x10 shmmni=5"));
        Assert.Equal(
            "kernel.shmmax = 18446744073709551615\nkernel.shmall = 16\nkernel.shmmni = 5\n", _tool.Output);
    }

    [Fact]
    public async Task Sysctl_inherit_drops_the_values()
    {
        Assert.Equal(0, await _tool.RunAsync("sysctl --uid 0 kernel.msgmax=5 msgmnb=6"));
        Assert.Equal(0, await _tool.RunAsync("sysctl --uid 0 --inherit kernel.msgmax msgmnb"));
        Assert.Equal(
            "kernel.msgmax = 5\nkernel.msgmnb = 6\nkernel.msgmax = 8192\nkernel.msgmnb = 16384\n", _tool.Output);
    }

    [Fact]
    public async Task Ns_commands_run_in_the_parent_namespace()
    {
        Assert.Equal(0, await _tool.RunAsync("ns create /prod --uid 0"));
        Assert.Equal(0, await _tool.RunAsync("ns create /prod/payments/ --uid 0"));
        Assert.Equal(["/", "/prod"], _tool.Connections.Select(each => each.Namespace));
        Assert.Equal(0, await _tool.RunAsync("ns list /prod"));
        Assert.Equal(0, await _tool.RunAsync("ns list"));
        Assert.Equal(0, await _tool.RunAsync("ns list /prod --json"));
        Assert.Equal("payments\nprod\n[\"payments\"]\n", _tool.Output);
        Assert.Equal(0, await _tool.RunAsync("ns remove /prod/payments --uid 0"));
        Assert.Equal(1, await _tool.RunAsync("ns remove /prod/payments --uid 0"));
        Assert.Equal(["prod"], await _tool.Ipc.Namespace.ListChildrenAsync());
    }

    [Theory]
    [InlineData("--connect http://a:1,http://b:2 --uid 7 --gid 8 --groups 4,27 --namespace /prod stat")]
    [InlineData("stat --connect http://a:1,http://b:2 --uid 7 --gid 8 --groups 4,27 --namespace /prod/")]
    public async Task Options_may_stand_anywhere(string line)
    {
        await using (var root = await _tool.ConnectAsync(uid: 0)) await root.Namespace.CreateChildAsync("prod");
        Assert.Equal(0, await _tool.RunAsync(line));
        var connection = _tool.Connections[^1];
        Assert.Equal(["http://a:1", "http://b:2"], connection.Addresses);
        Assert.Equal((7u, 8u), (connection.Uid, connection.Gid));
        Assert.Equal([4u, 27u], connection.Groups);
        Assert.Equal("/prod", connection.Namespace);
    }

    [Fact]
    public async Task The_credentials_are_those_of_the_user_of_the_tool()
    {
        Assert.Equal(0, await _tool.RunAsync("stat --connect http://a:1"));
        var connection = Assert.Single(_tool.Connections);
        Assert.NotNull(connection.Uid);
        Assert.NotNull(connection.Gid);
        Assert.Equal(connection.Uid == 0, Environment.UserName == "root");
    }
}
