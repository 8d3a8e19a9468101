using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Tests.Machines;

/// <summary>Calls that park without a journal entry, as a poll does.</summary>
public sealed class UnrecordedWaiterTests
{
    private readonly PollMachine _machine = new();
    private readonly Executor _executor;

    public UnrecordedWaiterTests() => _executor = new Executor(_machine);

    [Fact]
    public void A_poll_parks_and_completes_without_a_write()
    {
        _machine.Submit(Poll(7, 1), 0);
        Assert.Equal(1, _machine.Waiters.Count);
        Assert.False(_machine.MayPassivate);
        _machine.BecomeReady();
        Assert.Equal([(7, 1ul, Errno.None)], Left());
        Assert.False(_executor.TryBeginWrite(out _, lazy: true));
        Assert.Equal(0ul, _machine.Revision);
        Assert.Equal(0, _machine.Ledger.UnacknowledgedCount);
    }

    [Fact]
    public void A_poll_that_arrives_again_is_parked_once()
    {
        _machine.Submit(Poll(7, 1), 0);
        _machine.Submit(Poll(7, 1), 0);
        _machine.BecomeReady();
        Assert.Equal([(7, 1ul, Errno.None)], Left());
    }

    [Fact]
    public void A_poll_times_out_and_is_cancelled()
    {
        _machine.Submit(Poll(7, 1, timeoutMs: 100), 0);
        _machine.Submit(Poll(7, 2), 0);
        Assert.Equal(100, _machine.NextTickMs);
        _machine.Tick(100);
        _machine.Submit(new Submit { Stamp = new Stamp { Pid = 7 }, Cancels = { 2 } }, 100);
        Assert.Equal([(7, 1ul, Errno.ETIMEDOUT), (7, 2ul, Errno.EINTR)], Left());
        Assert.Equal(0, _machine.Waiters.Count);
        Assert.False(_executor.TryBeginWrite(out _, lazy: true));
    }

    [Fact]
    public void A_poll_without_a_session_is_dropped_after_the_grace_and_may_arrive_again()
    {
        _machine.Submit(Poll(7, 1), 0);
        _machine.Suspend(7, 0);
        _machine.Tick(Machine.GraceMs);
        Assert.Equal(0, _machine.Waiters.Count);
        Assert.Empty(Left());
        _machine.Submit(Poll(7, 1), Machine.GraceMs);
        _machine.BecomeReady();
        Assert.Equal([(7, 1ul, Errno.None)], Left());
    }

    [Fact]
    public void The_exit_of_a_process_removes_its_polls()
    {
        _machine.Submit(Poll(7, 1), 0);
        _machine.Ask(new Request { ProcessExited = new ProcessExited { Pid = 7 } }, 1, 0);
        Assert.Equal(0, _machine.Waiters.Count);
    }

    private static Submit Poll(int pid, ulong seq, long? timeoutMs = null)
    {
        var call = new Call { Seq = seq, LimitsGet = new LimitsGet() };
        if (timeoutMs is { } timeout) call.TimeoutMs = timeout;
        return new Submit { Stamp = new Stamp { Pid = pid }, Calls = { call } };
    }

    private List<(int, ulong, Errno)> Left()
    {
        List<(int, ulong, Errno)> left =
            [.. _executor.Ready.Results.Select(each => (each.Pid, each.Result.Seq, (Errno)each.Result.Errno))];
        _executor.Ready.Clear();
        return left;
    }
}
