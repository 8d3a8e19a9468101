using Cluster.Protocol;

namespace Cluster.Client.InMemory.Tests;

/// <summary>Parents and children, process groups and sessions: fork(2), waitid(2), setpgid(2), setsid(2), kill(2).</summary>
public sealed class ChildrenTests : KernelTests
{
    [Fact]
    public async Task A_child_is_in_the_group_and_the_session_of_its_parent()
    {
        await using var child = await ChildAsync(Ipc);
        var info = await Ipc.Processes.GetAsync(child.Pid);
        Assert.Equal((Ipc.Pid, Ipc.Pid, Ipc.Pid), (info.Parent, info.Group, info.Session));
        await using var grandchild = await ChildAsync(child);
        info = await Ipc.Processes.GetAsync(grandchild.Pid);
        Assert.Equal((child.Pid, Ipc.Pid, Ipc.Pid), (info.Parent, info.Group, info.Session));
        await child.DisposeAsync();
        Assert.Equal(0, (await Ipc.Processes.GetAsync(grandchild.Pid)).Parent);
    }

    [Fact]
    public async Task A_parent_gets_the_status_of_a_child_once()
    {
        var child = await ChildAsync(Ipc);
        var waiting = Ipc.Processes.WaitForChildAsync();
        Assert.False(waiting.IsCompleted);
        await child.ExitAsync(7);
        Assert.Equal(new IpcProcessExit(Signal.None, false, 7, child.Pid), await waiting);
        await FailsAsync(Errno.ECHILD, () => Ipc.Processes.WaitForChildAsync());
    }

    [Fact]
    public async Task A_child_that_has_ended_waits_for_its_parent()
    {
        var (one, other) = (await ChildAsync(Ipc), await ChildAsync(Ipc));
        await FailsAsync(Errno.ETIMEDOUT, () => Ipc.Processes.WaitForChildAsync(timeout: TimeSpan.Zero));
        await one.ExitAsync(256 + 3);
        await Ipc.Signals.KillAsync(other.Pid, Signal.SIGKILL);
        var killed = new IpcProcessExit(Signal.SIGKILL, false, 0, other.Pid);
        Assert.Equal(killed, await Ipc.Processes.WaitForChildAsync(other.Pid, keeps: true));
        Assert.Equal(killed, await Ipc.Processes.WaitForChildAsync(other.Pid));
        await FailsAsync(Errno.ECHILD, () => Ipc.Processes.WaitForChildAsync(other.Pid));
        Assert.Equal(3, (await Ipc.Processes.WaitForChildAsync(one.Pid, TimeSpan.Zero)).Status);
        await FailsAsync(Errno.EINVAL, () => Ipc.Processes.WaitForChildAsync(0));
    }

    [Fact]
    public async Task The_end_of_a_child_sends_SIGCHLD()
    {
        await Ipc.Signals.BlockAsync([Signal.SIGCHLD]);
        var child = await ChildAsync(Ipc);
        await child.ExitAsync(5);
        var signal = await Ipc.Signals.WaitAsync([Signal.SIGCHLD]);
        Assert.Equal(new ReceivedSignal(Signal.SIGCHLD, SignalCode.ChildExited, child.Pid, 1000, 5), signal);
        child = await ChildAsync(Ipc);
        await Ipc.Signals.KillAsync(child.Pid, Signal.SIGTERM);
        signal = await Ipc.Signals.WaitAsync([Signal.SIGCHLD]);
        Assert.Equal(new ReceivedSignal(Signal.SIGCHLD, SignalCode.ChildKilled, child.Pid, 1000, 15), signal);
    }

    [Fact]
    public async Task With_SIGCHLD_ignored_nobody_has_to_wait_for_children()
    {
        await Ipc.Signals.IgnoreAsync(Signal.SIGCHLD);
        var child = await ChildAsync(Ipc);
        var waiting = Ipc.Processes.WaitForChildAsync();
        await child.ExitAsync(1);
        await FailsAsync(Errno.ECHILD, () => waiting);
    }

    [Fact]
    public async Task A_child_needs_the_ticket_the_user_and_the_namespace_of_its_parent()
    {
        var parent = await Ipc.Processes.GetParentAsync();
        Assert.Equal(parent.ToText(), IpcParent.Parse(parent.ToText()).ToText());
        Assert.Equal($"{Ipc.Pid}", parent.ToString());
        var forged = IpcParent.Parse($"{Ipc.Pid}:{new string('0', 64)}");
        await FailsAsync(Errno.EPERM, () => ChildAsync(forged, 1000));
        await FailsAsync(Errno.EPERM, () => ChildAsync(parent, 1001));
        await FailsAsync(Errno.ESRCH, () => ChildAsync(IpcParent.Parse($"99:{new string('0', 64)}"), 1000));
        foreach (var text in new[] { "", "7", "7:00", $"x:{new string('0', 64)}", $"7:{new string('g', 64)}" })
            Assert.Throws<FormatException>(() => IpcParent.Parse(text));
        await using var root = Client(0);
        await using var user = await ChildAsync(await root.Processes.GetParentAsync(), 1000); // fork(2) and setuid(2)
        await Ipc.DisposeAsync();
        await FailsAsync(Errno.ESRCH, () => ChildAsync(parent, 1000));
    }

    [Fact]
    public async Task Children_move_between_the_groups_of_their_session()
    {
        await using var one = await ChildAsync(Ipc);
        await using var other = await ChildAsync(Ipc);
        await Ipc.Processes.SetGroupAsync(pid: one.Pid);
        Assert.Equal(one.Pid, (await Ipc.Processes.GetAsync(one.Pid)).Group);
        await other.Processes.SetGroupAsync(one.Pid);
        Assert.Equal(one.Pid, (await Ipc.Processes.GetAsync(other.Pid)).Group);
        await FailsAsync(Errno.ESRCH, () => one.Processes.SetGroupAsync(0, other.Pid)); // a sibling
        await FailsAsync(Errno.EPERM, () => other.Processes.SetGroupAsync(12_345));
        await FailsAsync(Errno.EINVAL, () => other.Processes.SetGroupAsync(-1));
        await FailsAsync(Errno.EPERM, () => Ipc.Processes.SetGroupAsync(one.Pid)); // it leads its session
        await FailsAsync(Errno.EPERM, () => one.Processes.StartSessionAsync()); // it leads its group
        await other.Processes.StartSessionAsync();
        var info = await Ipc.Processes.GetAsync(other.Pid);
        Assert.Equal((other.Pid, other.Pid), (info.Group, info.Session));
        await FailsAsync(Errno.EPERM, () => Ipc.Processes.SetGroupAsync(one.Pid, other.Pid)); // another session
    }

    [Fact]
    public async Task A_signal_to_a_group_reaches_each_of_it_and_nobody_else()
    {
        await using var one = await ChildAsync(Ipc);
        await using var other = await ChildAsync(Ipc);
        await using var stranger = Client(1000);
        await stranger.Signals.BlockAsync([Signal.SIGUSR1]);
        foreach (var each in new[] { Ipc, one, other }) await each.Signals.BlockAsync([Signal.SIGUSR1]);
        await one.Signals.KillAsync(0, Signal.SIGUSR1);
        foreach (var each in new[] { Ipc, one, other })
            Assert.Equal(one.Pid, (await each.Signals.WaitAsync([Signal.SIGUSR1])).SenderPid);
        Assert.Empty(await stranger.Signals.PendingAsync());
        await stranger.Signals.KillAsync(-Ipc.Pid, Signal.SIGUSR1);
        foreach (var each in new[] { Ipc, one, other }) await each.Signals.WaitAsync([Signal.SIGUSR1]);
        await stranger.Signals.KillAsync(-1, Signal.SIGUSR1);
        foreach (var each in new[] { Ipc, one, other }) await each.Signals.WaitAsync([Signal.SIGUSR1]);
        Assert.Empty(await stranger.Signals.PendingAsync());
        await FailsAsync(Errno.ESRCH, () => Ipc.Signals.KillAsync(-12_345, Signal.SIGUSR1));
        await FailsAsync(Errno.ESRCH, () => Ipc.Signals.KillAsync(int.MinValue, Signal.SIGUSR1));
        await FailsAsync(Errno.EINVAL, () => Ipc.Signals.KillAsync(-Ipc.Pid, (Signal)65));
        await using var foreign = Client(2000);
        await FailsAsync(Errno.EPERM, () => foreign.Signals.KillAsync(-Ipc.Pid, Signal.SIGUSR1));
    }

    [Fact]
    public async Task A_group_that_kills_itself_goes_with_its_caller()
    {
        await using var one = await ChildAsync(Ipc);
        await using var watcher = Client(1000);
        await watcher.Signals.BlockAsync([Signal.SIGUSR1]);
        var ends = new[] { Ipc.Pid, one.Pid }.Select(pid => watcher.Processes.WaitForExitAsync(pid)).ToArray();
        await SleepsAsync(watcher, watcher.Pid);
        await Xunit.Record.ExceptionAsync(() => Ipc.Signals.KillAsync(0, Signal.SIGTERM)); // the caller is killed too
        foreach (var end in ends) Assert.Equal(Signal.SIGTERM, (await end).KilledBy);
    }

    private async Task<IpcClient> ChildAsync(IpcClient parent) =>
        await ChildAsync(await parent.Processes.GetParentAsync(), 1000);

    private async Task<IpcClient> ChildAsync(IpcParent parent, uint uid)
    {
        var child = IpcClient.CreateInMemory(Kernel, new IpcClientOptions { Uid = uid, Parent = parent });
        await child.Signals.PendingAsync(); // the first call makes the process
        return child;
    }
}
