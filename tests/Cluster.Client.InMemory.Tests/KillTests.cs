using Cluster.Protocol;

namespace Cluster.Client.InMemory.Tests;

/// <summary>Signals that end, stop and continue a process: kill(2).</summary>
public sealed class KillTests : KernelTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData(Signal.SIGTERM)]
    [InlineData(Signal.SIGKILL)]
    [InlineData(Signal.SIGRTMAX)]
    public async Task A_killed_process_learns_the_signal_and_what_it_held_is_free(Signal signal)
    {
        var set = await Ipc.SemaphoreSets.CreateAsync(count: 1);
        await using var victim = Client(1000);
        var lost = new TaskCompletionSource<IpcStateChange>();
        victim.StateChanged += (_, change) =>
        {
            if (change.State == IpcConnectionState.Lost) lost.TrySetResult(change);
        };
        var queue = await Ipc.MessageQueues.CreateAsync();
        var held = await victim.SemaphoreSets.Open(set.Id).LockAsync();
        Assert.Equal(1, await set.GetValueAsync(0));
        var receive = victim.MessageQueues.Open(queue.Id).ReceiveAsync().AsTask();
        await SleepsAsync(Ipc, victim.Pid);
        await Ipc.Signals.KillAsync(victim.Pid, signal);
        var failure = await Assert.ThrowsAsync<IpcSessionLostException>(() => receive.WaitAsync(Patience));
        Assert.Equal((Errno.ESRCH, signal), (failure.Errno, failure.KilledBy));
        Assert.Contains($"killed by signal {(int)signal} (", failure.Message, StringComparison.Ordinal);
        Assert.Equal(signal, (await lost.Task.WaitAsync(Patience)).KilledBy);
        Assert.True(held.Lost.IsCancellationRequested);
        Assert.Equal(0, await set.GetValueAsync(0));
        Assert.Equal(0, (await queue.StatAsync()).Receivers);
        await FailsAsync(Errno.ESRCH, () => Ipc.Signals.KillAsync(victim.Pid, signal));
    }

    [Fact]
    public async Task No_process_follows_one_that_was_killed()
    {
        await using var victim = IpcClient.CreateInMemory(
            Kernel, new IpcClientOptions { Uid = 1000, NewProcessWhenLost = true });
        await victim.Namespace.GetLimitsAsync();
        await Ipc.Signals.KillAsync(victim.Pid, Signal.SIGKILL);
        await FailsAsync(Errno.ESRCH, () => victim.Namespace.GetLimitsAsync());
        await FailsAsync(Errno.ESRCH, () => victim.Namespace.GetLimitsAsync());
    }

    [Fact]
    public async Task A_process_may_kill_itself()
    {
        await using var self = Client(1000);
        await self.Namespace.GetLimitsAsync();
        var queue = await self.MessageQueues.CreateAsync();
        var receive = queue.ReceiveAsync().AsTask();
        try
        {
            await self.Signals.KillAsync(self.Pid, Signal.SIGINT);
        }
        catch (IpcSessionLostException)
        {
            // The end may overtake the result, as kill(2) of the caller itself does not return.
        }

        var failure = await Assert.ThrowsAsync<IpcSessionLostException>(() => receive.WaitAsync(Patience));
        Assert.Equal(Signal.SIGINT, failure.KilledBy);
    }

    [Fact]
    public async Task Errors_are_those_of_kill()
    {
        await using var foreign = Client(1001);
        await foreign.Namespace.GetLimitsAsync();
        await FailsAsync(Errno.EPERM, () => Ipc.Signals.KillAsync(foreign.Pid, Signal.SIGTERM));
        await FailsAsync(Errno.EPERM, () => Ipc.Signals.KillAsync(foreign.Pid, Signal.None));
        await FailsAsync(Errno.EINVAL, () => Ipc.Signals.KillAsync(foreign.Pid, (Signal)65));
        await FailsAsync(Errno.EINVAL, () => Ipc.Signals.KillAsync(foreign.Pid, (Signal)(-1)));
        await FailsAsync(Errno.ESRCH, () => Ipc.Signals.KillAsync(int.MaxValue, Signal.None));
        await using var root = Client(0);
        await root.Signals.KillAsync(foreign.Pid, Signal.None);
        await root.Signals.QueueAsync(foreign.Pid, Signal.SIGCHLD, 42);
        Assert.Equal(IpcConnectionState.Connected, foreign.State);
    }

    [Fact]
    public async Task A_stopped_process_gets_its_results_when_it_continues()
    {
        var queue = await Ipc.MessageQueues.CreateAsync();
        await using var other = Client(1000);
        await other.Namespace.GetLimitsAsync();
        var receive = other.MessageQueues.Open(queue.Id).ReceiveAsync().AsTask();
        await SleepsAsync(Ipc, other.Pid);
        await Ipc.Signals.KillAsync(other.Pid, Signal.SIGSTOP);
        var seen = await Ipc.Processes.GetAsync(other.Pid);
        Assert.Equal((IpcProcessState.Stopped, Signal.SIGSTOP), (seen.State, seen.StoppedBy));
        await queue.SendAsync(1, "x"u8.ToArray());
        var limits = other.Namespace.GetLimitsAsync();
        Assert.Equal(0ul, (await queue.StatAsync()).Qnum); // the receiver has it, as on Linux
        Assert.False(receive.IsCompleted);
        await Ipc.Signals.KillAsync(other.Pid, Signal.SIGCONT);
        Assert.Equal("x"u8.ToArray(), (await receive.WaitAsync(Patience)).Text.ToArray());
        await limits.WaitAsync(Patience);
        Assert.Equal(IpcProcessState.Running, (await Ipc.Processes.GetAsync(other.Pid)).State);
    }

    [Fact]
    public async Task The_end_of_its_client_ends_a_stopped_process()
    {
        var other = Client(1000);
        await other.Namespace.GetLimitsAsync();
        await Ipc.Signals.KillAsync(other.Pid, Signal.SIGSTOP);
        await other.DisposeAsync().AsTask().WaitAsync(Patience);
        await FailsAsync(Errno.ESRCH, () => Ipc.Processes.GetAsync(other.Pid));
    }
}
