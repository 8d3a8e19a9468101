using Cluster.Protocol;

namespace Cluster.Client.InMemory.Tests;

/// <summary>The processes of a namespace as ps(1) shows them.</summary>
public sealed class ProcessTests : KernelTests
{
    [Fact]
    public async Task A_list_has_all_processes_of_the_namespace_with_what_they_wait_for()
    {
        var queue = await Ipc.MessageQueues.CreateAsync();
        await using var other = Client(1000);
        await other.Namespace.GetLimitsAsync();
        var receive = other.MessageQueues.Open(queue.Id).ReceiveAsync().AsTask();
        await using var foreign = Client(1001);
        await foreign.Namespace.GetLimitsAsync();
        await SleepsAsync(Ipc, other.Pid);
        var all = await ListAsync(Ipc);
        Assert.Equal([Ipc.Pid, other.Pid, foreign.Pid], all.Select(each => each.Pid));
        Assert.Equal([1000u, 1000u, 1001u], all.Select(each => each.Uid));
        Assert.Equal(
            [IpcProcessState.Running, IpcProcessState.Sleeping, IpcProcessState.Running], all.Select(each => each.State));
        var wait = Assert.Single(all[1].Waits);
        Assert.Equal(("msgrcv", IpcObjectKind.MessageQueue, queue.Id), (wait.Call, wait.Kind, wait.Id));
        Assert.Equal(["memory"], all[1].Nodes);
        await queue.SendAsync(1, "x"u8.ToArray());
        await receive;
        Assert.Equal(IpcProcessState.Running, (await Ipc.Processes.GetAsync(other.Pid)).State);
    }

    [Fact]
    public async Task Another_user_sees_the_state_and_not_the_calls_and_root_sees_all()
    {
        var queue = await Ipc.MessageQueues.CreateAsync();
        var receive = queue.ReceiveAsync().AsTask();
        await using var foreign = Client(1001);
        await SleepsAsync(foreign, Ipc.Pid);
        var seen = await foreign.Processes.GetAsync(Ipc.Pid);
        Assert.Equal(IpcProcessState.Sleeping, seen.State);
        Assert.Empty(seen.Waits);
        Assert.Empty(seen.Nodes);
        await using var root = Client(0);
        Assert.Single((await root.Processes.GetAsync(Ipc.Pid)).Waits);
        await queue.SendAsync(1, "x"u8.ToArray());
        await receive;
    }

    [Fact]
    public async Task A_process_of_another_namespace_is_not_there()
    {
        await using var root = Client(0);
        await root.Namespace.CreateChildAsync("a");
        await using var inside = IpcClient.CreateInMemory(Kernel, new IpcClientOptions { Uid = 0, Namespace = "/a" });
        await inside.Namespace.GetLimitsAsync();
        Assert.Equal([inside.Pid], (await ListAsync(inside)).Select(each => each.Pid));
        Assert.DoesNotContain(await ListAsync(root), each => each.Pid == inside.Pid);
        await FailsAsync(Errno.ESRCH, () => root.Processes.GetAsync(inside.Pid));
        await FailsAsync(Errno.ESRCH, () => root.Signals.KillAsync(inside.Pid, Signal.SIGKILL));
        Assert.Equal(IpcConnectionState.Connected, inside.State);
    }

    [Fact]
    public async Task A_process_that_has_ended_is_not_there_and_a_pid_that_was_asked_for_can_still_start()
    {
        await Ipc.Namespace.GetLimitsAsync();
        var other = Client(1000);
        await other.Namespace.GetLimitsAsync();
        await other.DisposeAsync();
        await FailsAsync(Errno.ESRCH, () => Ipc.Processes.GetAsync(other.Pid));
        Assert.Equal([Ipc.Pid], (await ListAsync(Ipc)).Select(each => each.Pid));
        await FailsAsync(Errno.ESRCH, () => Ipc.Processes.GetAsync(other.Pid + 1));
        await FailsAsync(Errno.ESRCH, () => Ipc.Signals.KillAsync(other.Pid + 1, Signal.SIGKILL));
        await FailsAsync(Errno.EINVAL, () => Ipc.Processes.GetAsync(0));
        await using var next = Client(1000);
        await next.Namespace.GetLimitsAsync();
        Assert.Equal(other.Pid + 1, next.Pid);
    }

    [Fact]
    public async Task A_process_can_wait_for_the_end_of_another_one()
    {
        await Ipc.Namespace.GetLimitsAsync();
        var (one, two) = (Client(1001), Client(1000));
        await one.Namespace.GetLimitsAsync();
        await two.Namespace.GetLimitsAsync();
        var exits = new[] { Ipc.Processes.WaitForExitAsync(one.Pid), Ipc.Processes.WaitForExitAsync(two.Pid) };
        await SleepsAsync(two, Ipc.Pid);
        await FailsAsync(Errno.ETIMEDOUT, () => Ipc.Processes.WaitForExitAsync(one.Pid, TimeSpan.Zero));
        Assert.False(exits[0].IsCompleted || exits[1].IsCompleted);
        await one.DisposeAsync();
        Assert.Equal(new IpcProcessExit(Signal.None, false, 0, one.Pid), await exits[0]);
        await Ipc.Signals.KillAsync(two.Pid, Signal.SIGHUP);
        Assert.Equal(new IpcProcessExit(Signal.SIGHUP, false, 0, two.Pid), await exits[1]);
        await two.DisposeAsync();
        await FailsAsync(Errno.EINVAL, () => Ipc.Processes.WaitForExitAsync(Ipc.Pid));
        await FailsAsync(Errno.ESRCH, () => Ipc.Processes.WaitForExitAsync(int.MaxValue));
    }

    private static async Task<List<IpcProcessInfo>> ListAsync(IpcClient client)
    {
        List<IpcProcessInfo> all = [];
        await foreach (var each in client.Processes.ListAsync()) all.Add(each);
        return all;
    }
}
