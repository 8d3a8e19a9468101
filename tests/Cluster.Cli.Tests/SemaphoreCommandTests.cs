using Cluster.Client;
using static Cluster.Protocol.Call.OpOneofCase;

namespace Cluster.Cli.Tests;

/// <summary>ipc sem: get, op, values, set-values, stat, set.</summary>
public sealed class SemaphoreCommandTests
{
    private readonly Tool _tool = new();

    [Fact]
    public async Task Get_makes_and_finds()
    {
        Assert.Equal(0, await _tool.RunAsync("sem get 0x2a --create --count 3 --mode 0600"));
        Assert.Equal(0, await _tool.RunAsync("sem get 42 --count 0 --json"));
        Assert.Equal("0\n{\"semid\":0}\n", _tool.Output);
        var stat = await _tool.StatSetAsync(0);
        Assert.Equal((42, 3, 0x180), (stat.Permissions.Key, (int)stat.Nsems, (int)stat.Permissions.Mode));
        Assert.Equal(1, await _tool.RunAsync("sem get 42 --create --excl"));
        Assert.Equal(1, await _tool.RunAsync("sem get 43"));
        Assert.Equal(1, await _tool.RunAsync("sem get 43 --create --count 0"));
        Assert.Equal(["EEXIST", "ENOENT", "EINVAL"], _tool.Errnos);
    }

    [Fact]
    public async Task Op_performs_all_operations_and_prints_the_revision()
    {
        var set = await _tool.Ipc.SemaphoreSets.CreateAsync(2);
        Assert.Equal(0, await _tool.RunAsync("sem op 0 0:+3 1:1"));
        Assert.Equal(0, await _tool.RunAsync("sem op 0 0:-1 1:-1 1:0 --timeout 10m --json"));
        Assert.Matches("^[0-9]+\n\\{\"revision\":[0-9]+\\}\n$", _tool.Output);
        Assert.Equal([2, 0], await set.GetAllAsync());
        Assert.Null(_tool.Traffic.TimeoutsOf(Semop).First());
        Assert.InRange(_tool.Traffic.TimeoutsOf(Semop).Last()!.Value, 540_000, 600_000);
    }

    [Fact]
    public async Task Op_that_cannot_be_performed_changes_nothing()
    {
        var set = await _tool.Ipc.SemaphoreSets.CreateAsync();
        Assert.Equal(1, await _tool.RunAsync("sem op 0 0:1 0:-2 --nowait"));
        Assert.Equal(1, await _tool.RunAsync("sem op 0 5:1"));
        Assert.Equal(1, await _tool.RunAsync("sem op 9 0:1"));
        Assert.Equal([0], await set.GetAllAsync());
        var waiting = _tool.RunAsync("sem op 0 0:-1");
        await _tool.Traffic.ReachedAsync(Semop, 4);
        await set.RemoveAsync();
        Assert.Equal(1, await waiting);
        Assert.Equal(["EAGAIN", "EFBIG", "EINVAL", "EIDRM"], _tool.Errnos);
        Assert.Empty(_tool.Output);
    }

    [Fact]
    public async Task Op_times_out_with_exit_code_124()
    {
        await _tool.Ipc.SemaphoreSets.CreateAsync();
        Assert.Equal(124, await _tool.RunAsync("sem op 0 0:-1 --timeout 20ms"));
        Assert.Equal(1, await _tool.RunAsync("sem op 0 0:-1 --nowait"));
        Assert.Equal(
            "ipc: semop: EAGAIN (timed out)\nipc: semop: EAGAIN (resource temporarily unavailable)\n", _tool.Error);
    }

    [Fact]
    public async Task Each_value_has_a_line()
    {
        var set = await _tool.Ipc.SemaphoreSets.CreateAsync(2);
        await set.OperateAsync([new SemaphoreOperation(1, 5)]);
        Assert.Equal(0, await _tool.RunAsync("sem values 0"));
        Assert.Equal(0, await _tool.RunAsync("sem values 0 --json"));
        Assert.Equal(
            $$"""
            semnum     value      ncount     zcount     pid
            0          0          0          0          0
            1          5          0          0          {{_tool.Ipc.Pid}}
            {"semnum":0,"value":0,"ncount":0,"zcount":0,"pid":0}
            {"semnum":1,"value":5,"ncount":0,"zcount":0,"pid":{{_tool.Ipc.Pid}}}

            """,
            _tool.Output);
    }

    [Fact]
    public async Task Set_values_sets_all_or_one()
    {
        var set = await _tool.Ipc.SemaphoreSets.CreateAsync(3);
        Assert.Equal(0, await _tool.RunAsync("sem set-values 0 1 2 3"));
        Assert.Equal(0, await _tool.RunAsync("sem set-values 0 9 --number 1"));
        Assert.Equal([1, 9, 3], await set.GetAllAsync());
        Assert.Equal(1, await _tool.RunAsync("sem set-values 0 1 2"));
        Assert.Equal(1, await _tool.RunAsync("sem set-values 0 32768 --number 0"));
        Assert.Equal(["EINVAL", "ERANGE"], _tool.Errnos);
    }

    [Fact]
    public async Task Stat_and_set()
    {
        await using (var user = await _tool.ConnectAsync(uid: 7)) await user.SemaphoreSets.GetAsync(42, 3);
        Assert.Equal(0, await _tool.RunAsync("sem set 0 --mode 0660 --group 8 --uid 7"));
        Assert.Equal(0, await _tool.RunAsync("sem stat 0 --json"));
        Assert.Equal(
            "{\"key\":\"0x0000002a\",\"semid\":0,\"uid\":7,\"gid\":8,\"cuid\":7,\"cgid\":7,\"mode\":\"0660\","
            + $"\"nsems\":3,\"otime\":0,\"ctime\":{(await _tool.StatSetAsync(0)).Ctime},"
            + "\"waiters\":0,\"volatile\":false}\n",
            _tool.Output);
        Assert.Equal(1, await _tool.RunAsync("sem set 0 --mode 0600 --uid 9"));
        Assert.StartsWith("ipc: semctl(IPC_SET): EPERM (", _tool.Error, StringComparison.Ordinal);
        Assert.Equal(0, _tool.Connected);
    }
}
