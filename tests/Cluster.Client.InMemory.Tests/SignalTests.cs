using System.Threading.Channels;
using Cluster.Protocol;

namespace Cluster.Client.InMemory.Tests;

/// <summary>Handlers, masks and queues of signals as a program uses them: sigaction(2), sigprocmask(2), signalfd(2).</summary>
public sealed class SignalTests : KernelTests
{
    private const Signal Rt = Signal.SIGRTMIN;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Channel<ReceivedSignal> _got = Channel.CreateUnbounded<ReceivedSignal>();

    [Fact]
    public async Task A_handler_gets_each_signal_with_its_sender()
    {
        await using var other = Client(1000);
        await using var handler = await Ipc.Signals.OnAsync(Signal.SIGUSR1, Keep);
        await other.Signals.KillAsync(Ipc.Pid, Signal.SIGUSR1);
        Assert.Equal(new ReceivedSignal(Signal.SIGUSR1, SignalCode.User, other.Pid, 1000, 0), await NextAsync());
        await other.Signals.QueueAsync(Ipc.Pid, Signal.SIGUSR1, -5);
        Assert.Equal(new ReceivedSignal(Signal.SIGUSR1, SignalCode.Queue, other.Pid, 1000, -5), await NextAsync());
        Assert.Equal(IpcProcessState.Running, (await other.Processes.GetAsync(Ipc.Pid)).State);
    }

    [Fact]
    public async Task Handlers_run_one_after_another_the_lowest_number_first()
    {
        var gate = new TaskCompletionSource();
        var entered = new TaskCompletionSource();
        await Ipc.Signals.OnAsync(Signal.SIGUSR2, async signal =>
        {
            entered.TrySetResult();
            await gate.Task;
            await Keep(signal);
        });
        await Ipc.Signals.OnAsync(Rt, Keep);
        await Ipc.Signals.OnAsync(Rt + 1, Keep);
        await Ipc.Signals.KillAsync(Ipc.Pid, Signal.SIGUSR2);
        await entered.Task.WaitAsync(Patience);
        await Ipc.Signals.QueueAsync(Ipc.Pid, Rt + 1, 1);
        await Ipc.Signals.QueueAsync(Ipc.Pid, Rt, 2);
        await Ipc.Signals.QueueAsync(Ipc.Pid, Rt, 3);
        gate.SetResult();
        Assert.Equal(Signal.SIGUSR2, (await NextAsync()).Signal);
        Assert.Equal((Rt, 2L), Short(await NextAsync()));
        Assert.Equal((Rt, 3L), Short(await NextAsync()));
        Assert.Equal((Rt + 1, 1L), Short(await NextAsync()));
    }

    [Fact]
    public async Task A_handler_that_fails_and_one_that_is_replaced_end_nothing()
    {
        await Ipc.Signals.OnAsync(Signal.SIGUSR1, _ => throw new InvalidOperationException("on purpose"));
        await Ipc.Signals.KillAsync(Ipc.Pid, Signal.SIGUSR1);
        var first = await Ipc.Signals.OnAsync(Rt, _ => Task.FromException(new IOException("too")));
        await Ipc.Signals.QueueAsync(Ipc.Pid, Rt, 6);
        await Ipc.Signals.OnAsync(Rt, Keep);
        await first.DisposeAsync();
        await Ipc.Signals.QueueAsync(Ipc.Pid, Rt, 7);
        while ((await NextAsync()).Value != 7)
        {
            // The first one may have come to the second handler.
        }
    }

    [Fact]
    public async Task The_end_of_a_handler_is_the_default_action()
    {
        await using var other = Client(1000);
        var handler = await other.Signals.OnAsync(Signal.SIGTERM, Keep);
        await handler.DisposeAsync();
        await Ipc.Signals.KillAsync(other.Pid, Signal.SIGTERM);
        await FailsAsync(Errno.ESRCH, () => other.Namespace.GetLimitsAsync());
        await handler.DisposeAsync();
    }

    [Fact]
    public async Task An_ignored_signal_does_nothing_until_it_is_reset()
    {
        await using var other = Client(1000);
        await other.Signals.IgnoreAsync(Signal.SIGTERM);
        await Ipc.Signals.KillAsync(other.Pid, Signal.SIGTERM);
        await other.Namespace.GetLimitsAsync();
        await other.Signals.ResetAsync(Signal.SIGTERM);
        await Ipc.Signals.KillAsync(other.Pid, Signal.SIGTERM);
        await FailsAsync(Errno.ESRCH, () => other.Namespace.GetLimitsAsync());
    }

    [Theory]
    [InlineData(Signal.SIGKILL)]
    [InlineData(Signal.SIGSTOP)]
    [InlineData((Signal)65)]
    [InlineData(Signal.None)]
    public async Task Some_signals_have_no_handler(Signal signal)
    {
        await FailsAsync(Errno.EINVAL, () => Ipc.Signals.OnAsync(signal, Keep));
        await FailsAsync(Errno.EINVAL, () => Ipc.Signals.IgnoreAsync(signal));
    }

    [Fact]
    public async Task A_mask_holds_signals_back_and_says_what_was_before()
    {
        await Ipc.Signals.OnAsync(Signal.SIGUSR1, Keep);
        Assert.Empty(await Ipc.Signals.BlockAsync([Signal.SIGUSR1, Rt, Signal.SIGKILL]));
        await Ipc.Signals.KillAsync(Ipc.Pid, Signal.SIGUSR1);
        await Ipc.Signals.KillAsync(Ipc.Pid, Rt);
        Assert.Equal([Signal.SIGUSR1, Rt], (await Ipc.Signals.PendingAsync()).Order());
        Assert.Equal([Signal.SIGUSR1, Rt], (await Ipc.Signals.UnblockAsync([Signal.SIGUSR1])).Order());
        Assert.Equal(Signal.SIGUSR1, (await NextAsync()).Signal);
        Assert.Equal([Rt], await Ipc.Signals.PendingAsync());
        Assert.Equal([Rt], await Ipc.Signals.SetMaskAsync([Rt, Signal.SIGHUP]));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Ipc.Signals.BlockAsync([(Signal)65]));
    }

    [Fact]
    public async Task A_wait_takes_a_pending_signal_or_waits_for_one()
    {
        await using var other = Client(1000);
        await Ipc.Signals.BlockAsync([Rt]);
        Assert.Null(await Ipc.Signals.TryWaitAsync([Rt]));
        await FailsAsync(Errno.EAGAIN, () => Ipc.Signals.WaitAsync([Rt], TimeSpan.Zero));
        var wait = Ipc.Signals.WaitAsync([Rt], Patience);
        await SleepsAsync(other, Ipc.Pid);
        Assert.False(wait.IsCompleted);
        await other.Signals.QueueAsync(Ipc.Pid, Rt, 42);
        Assert.Equal((Rt, 42L), Short(await wait.WaitAsync(Patience)));
        using var stop = new CancellationTokenSource();
        var cancelled = Ipc.Signals.WaitAsync([Rt], cancellationToken: stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
    }

    [Fact]
    public async Task A_stream_has_the_signals_in_their_order()
    {
        await Ipc.Signals.BlockAsync([Rt, Rt + 1]);
        await Ipc.Signals.QueueAsync(Ipc.Pid, Rt + 1, 1);
        for (var value = 2; value < 5; value++) await Ipc.Signals.QueueAsync(Ipc.Pid, Rt, value);
        List<long> got = [];
        using var stop = new CancellationTokenSource(Patience);
        await foreach (var signal in Ipc.Signals.ReadAsync([Rt, Rt + 1], stop.Token))
        {
            got.Add(signal.Value);
            if (got.Count == 4) break;
        }

        Assert.Equal([2, 3, 4, 1], got);
    }

    [Fact]
    public async Task The_queue_has_a_limit()
    {
        await Ipc.Signals.BlockAsync([Rt]);
        Assert.Equal(Bounds.RlimitSigpending, await Ipc.Signals.SetQueueLimitAsync(1));
        await Ipc.Signals.QueueAsync(Ipc.Pid, Rt, 1);
        await FailsAsync(Errno.EAGAIN, () => Ipc.Signals.QueueAsync(Ipc.Pid, Rt, 2));
        await FailsAsync(Errno.EINVAL, () => Ipc.Signals.SetQueueLimitAsync(-1));
        Assert.Equal(1, await Ipc.Signals.SetQueueLimitAsync(2));
        await Ipc.Signals.QueueAsync(Ipc.Pid, Rt, 2);
    }

    private static (Signal Signal, long Value) Short(ReceivedSignal signal) => (signal.Signal, signal.Value);

    private Task Keep(ReceivedSignal signal) => _got.Writer.WriteAsync(signal).AsTask();

    private Task<ReceivedSignal> NextAsync() => _got.Reader.ReadAsync().AsTask().WaitAsync(Patience);
}
